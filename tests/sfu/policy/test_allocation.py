"""Shares of one subscriber's bandwidth, second by second."""

from dataclasses import replace

import pytest

from sfu.ids import TrackSid
from sfu.policy.allocation import FIRST_BAR_S, PAUSED, Allocation, Claim, Rank

COSTS = (150_000, 500_000, 1_700_000)
AUDIO = 50_000


def a_claim(name, rank=Rank.OTHER, *, wanted=2, costs=COSTS, height=0):
    return Claim(track=TrackSid(name), rank=rank, wanted=wanted, costs_bps=costs, height=height)


def used(allocation, claims):
    return AUDIO + sum(claim.cost_bps(allocation.ceilings.get(claim.track, len(claim.costs_bps))) for claim in claims)


class Path:
    """Estimates as a path of that rate would bring them: 0.85 of what passes when too much is sent, else what is sent
    and half as much again, and what a probe for more proves.
    """

    def __init__(self, rate_bps):
        self.rate_bps = rate_bps
        self.estimate_bps = 2_000_000
        self.allocation = Allocation()
        self.now = 100.0

    def second(self, claims):
        sent = used(self.allocation, claims)
        if sent > self.rate_bps:
            self.estimate_bps = min(self.estimate_bps, int(0.85 * self.rate_bps))
        else:
            risen = max(min(int(self.estimate_bps * 1.08), int(1.5 * sent)), sent)
            if self.allocation.wanted_bps > self.estimate_bps:
                probed = min(2 * self.estimate_bps, int(1.25 * self.allocation.wanted_bps))
                risen = min(max(risen, probed), int(0.95 * self.rate_bps))
            self.estimate_bps = max(self.estimate_bps, min(risen, 50_000_000))
        if self.allocation.is_suspect(self.estimate_bps):
            self.allocation.divide(self.estimate_bps, AUDIO, claims, self.now)
        self.now += 1
        return used(self.allocation, claims)

    def run(self, seconds, claims):
        return [self.second(claims) for _ in range(seconds)]


def test_nothing_is_held_back_while_nothing_is_wrong():
    path = Path(100_000_000)
    claims = [a_claim(f"camera{index}") for index in range(20)]
    path.run(30, claims)
    assert path.allocation.ceilings == {}


def test_a_narrow_path_is_respected_within_three_seconds():
    path = Path(1_000_000)
    claims = [a_claim(f"camera{index}", wanted=0) for index in range(12)]
    path.run(3, claims)
    assert used(path.allocation, claims) <= 1_000_000
    assert sorted(path.allocation.ceilings.values()) == [PAUSED] * 6 + [0] * 6


def test_screens_come_first_then_who_speaks_then_big_pictures():
    allocation = Allocation(ceilings={})
    claims = [
        a_claim("small", wanted=0),
        a_claim("big", wanted=0, height=360),
        a_claim("speaker", Rank.SPEAKER, wanted=0),
        a_claim("screen", Rank.SCREEN, wanted=1),
    ]
    allocation.is_suspect(2_000_000)
    for available, expected in [
        (810_000, {"screen": 1, "speaker": 0, "big": 0, "small": PAUSED}),
        (660_000, {"screen": 1, "speaker": 0, "big": PAUSED, "small": PAUSED}),
        (360_000, {"screen": 0, "speaker": 0, "big": PAUSED, "small": PAUSED}),
        (210_000, {"screen": 0, "speaker": PAUSED, "big": PAUSED, "small": PAUSED}),
        (40_000, dict.fromkeys(("screen", "speaker", "big", "small"), PAUSED)),
    ]:
        assert allocation.is_suspect(available)
        for second in range(6):
            allocation.divide(available, AUDIO, claims, 1000.0 + second)
        assert allocation.ceilings == expected


def test_what_the_subscriber_holds_important_comes_before_everything():
    allocation = Allocation()
    claims = [a_claim("screen", Rank.SCREEN, wanted=0), replace(a_claim("face", wanted=0), priority=9)]
    allocation.is_suspect(2_000_000)
    assert allocation.is_suspect(200_000)
    for second in range(6):
        allocation.divide(200_000, AUDIO, claims, 1000.0 + second)
    assert allocation.ceilings == {"screen": PAUSED, "face": 0}


def test_a_picture_gets_slower_before_it_gets_smaller():
    """The rungs of a scalable stream: thinned layers between whole ones."""
    path = Path(700_000)
    rungs = (60_000, 100_000, 150_000, None, 420_000, 620_000, None, 1_200_000, 1_700_000)
    claims = [a_claim("camera", wanted=8, costs=rungs)]
    path.run(12, claims)
    assert path.allocation.ceilings["camera"] == 5
    narrow = Path(500_000)
    narrow.run(12, claims)
    assert narrow.allocation.ceilings["camera"] == 4
    assert used(narrow.allocation, claims) <= 500_000


def test_a_lower_layer_goes_before_a_pause():
    path = Path(800_000)
    claims = [a_claim("camera")]
    path.run(3, claims)
    assert path.allocation.ceilings == {"camera": 1}


def test_a_passing_shortage_changes_nothing():
    allocation = Allocation()
    claims = [a_claim("camera", wanted=1)]
    allocation.is_suspect(600_000)
    for second in range(4):
        assert allocation.is_suspect(440_000)
        allocation.divide(440_000, AUDIO, claims, second)
    assert allocation.ceilings == {}
    for second in range(4, 6):
        allocation.divide(440_000, AUDIO, claims, second)
    assert allocation.ceilings == {"camera": 0}


def test_what_was_paused_comes_back_when_the_path_widens():
    path = Path(300_000)
    claims = [a_claim(f"camera{index}", wanted=1) for index in range(3)]
    path.run(20, claims)
    assert PAUSED in path.allocation.ceilings.values()
    path.rate_bps = 20_000_000
    path.run(8, claims)
    assert path.allocation.ceilings == {}


@pytest.mark.parametrize("rate_bps", [300_000, 700_000, 1_000_000, 2_500_000])
def test_it_settles_below_the_path_and_seldom_tries_more(rate_bps):
    path = Path(rate_bps)
    claims = [a_claim("screen", Rank.SCREEN), *(a_claim(f"camera{index}", wanted=1) for index in range(8))]
    path.run(30, claims)
    totals = path.run(600, claims)
    too_much = sum(total > rate_bps for total in totals)
    assert too_much <= 20, too_much
    assert sum(totals) / len(totals) >= 0.5 * rate_bps
    assert sorted(totals)[-10] <= 1.6 * rate_bps, "what is tried beyond it is a step, not a leap"


def test_a_total_that_failed_is_not_tried_again_at_once():
    path = Path(1_000_000)
    claims = [a_claim("camera")]
    path.run(4, claims)
    assert all(total <= 1_000_000 for total in path.run(int(FIRST_BAR_S) - 4, claims))


def test_a_new_screen_takes_the_place_of_cameras():
    path = Path(1_000_000)
    cameras = [a_claim(f"camera{index}", wanted=0) for index in range(8)]
    path.run(5, cameras)
    screen = a_claim("screen", Rank.SCREEN, wanted=0, costs=(400_000,))
    path.run(3, [screen, *cameras])
    assert path.allocation.ceilings["screen"] == 0
    assert used(path.allocation, [screen, *cameras]) <= 1_000_000


def test_encodings_that_do_not_flow_are_no_choice():
    claim = a_claim("camera", costs=(None, 500_000, None))
    assert claim.options() == [(1, 500_000)]
    assert a_claim("camera", wanted=0, costs=(None, 500_000, 900_000)).options() == [(1, 500_000)]
    assert a_claim("camera", costs=(None, None)).options() == []


def test_a_video_that_does_not_flow_yet_has_no_limit():
    allocation = Allocation()
    allocation.is_suspect(2_000_000)
    allocation.is_suspect(300_000)
    allocation.divide(300_000, AUDIO, [a_claim("camera"), a_claim("silent", costs=(None,))], 5.0)
    assert allocation.ceilings["silent"] >= 0


def test_an_estimate_that_only_begins_holds_nothing_back():
    path = Path(100_000_000)
    claims = [a_claim(f"camera{index}") for index in range(20)]
    assert not path.allocation.is_suspect(2_000_000)
    path.run(60, claims)
    assert path.allocation.ceilings == {}


def test_one_subscriber_says_nothing_about_another():
    slow, fast = Path(300_000), Path(50_000_000)
    claims = [a_claim("camera")]
    slow.run(10, claims)
    fast.run(10, claims)
    assert slow.allocation.ceilings == {"camera": 0} and fast.allocation.ceilings == {}


def test_an_unknown_estimate_ends_all_limits():
    path = Path(300_000)
    claims = [a_claim("camera")]
    path.run(5, claims)
    assert path.allocation.ceilings
    assert path.allocation.is_suspect(0)
    path.allocation.divide(0, AUDIO, claims, path.now)
    assert path.allocation.ceilings == {}
