"""Measures what the videos of a room cost and what its subscribers' paths carry, and puts the shares into force."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest

from sfu._dataplane import Dataplane, DataplaneError
from sfu.ids import ParticipantSid, UpTrackId
from sfu.media import Kind, Source
from sfu.policy.allocation import Claim, Rank
from sfu.policy.layers import rung_costs, rung_of, wanted_encoding
from sfu.publishing import UpTrack
from sfu.subscribing import DownTrack, SubscriberSide

# headers, authentication tags and UDP of a video packet of usual size
VIDEO_OVERHEAD = 1.06
# the same of fifty packets of audio a second
AUDIO_OVERHEAD_BPS = 20_000
# costs follow a rise at once and a fall by so much a second: pictures come in bursts
COST_DECAY = 0.9


@dataclass(slots=True)
class Costs:
    """What each encoding of a room's up tracks takes, measured when first asked for in a second."""

    plane: Dataplane
    _bps: dict[UpTrackId, list[float]] = field(default_factory=dict)
    _fresh: set[UpTrackId] = field(default_factory=set)

    def begin_second(self, tracks: Iterable[UpTrackId]) -> None:
        open_now = set(tracks)
        self._bps = {track: costs for track, costs in self._bps.items() if track in open_now}
        self._fresh.clear()

    def of(self, track: UpTrack) -> list[int]:
        if track.id not in self._fresh:
            self._fresh.add(track.id)
            self._bps[track.id] = self._measure(track)
        return [int(bps) for bps in self._bps[track.id]]

    def _measure(self, track: UpTrack) -> list[float]:
        before = self._bps.get(track.id, [])
        try:
            now = [encoding.bitrate_bps for encoding in self.plane.up_track_stats(track.id).encodings]
        except DataplaneError:
            return before
        return [max(bps, COST_DECAY * earlier) for bps, earlier in zip_longest(now, before[: len(now)], fillvalue=0.0)]


def allot(side: SubscriberSide, costs: Costs, *, speaking: frozenset[ParticipantSid], now: float) -> None:
    """Shares what the path to one subscriber carries."""
    available_bps = side.available_bps()
    allocation = side.allocation
    if not allocation.is_suspect(available_bps):
        return
    tracks = [track for track in side.tracks.values() if track.id is not None]
    audio = [sum(costs.of(each.up_track)) for each in tracks if each.info.kind is Kind.AUDIO and each.is_due]
    audio_bps = sum(bps + AUDIO_OVERHEAD_BPS for bps in audio if bps)
    claims = [_claim(track, costs, speaking) for track in tracks if track.info.kind is Kind.VIDEO]
    allocation.divide(available_bps, audio_bps, [claim for claim in claims if claim is not None], now)
    side.limit(allocation.ceilings)
    side.probe_for(allocation.wanted_bps)


def _claim(track: DownTrack, costs: Costs, speaking: frozenset[ParticipantSid]) -> Claim | None:
    source = track.source
    wanted = wanted_encoding(track.setting, source.heights, len(source.flowing))
    if wanted is None:
        return None
    rank = Rank.OTHER
    if track.info.source is Source.SCREEN_SHARE:
        rank = Rank.SCREEN
    elif track.info.participant_sid in speaking:
        rank = Rank.SPEAKER
    measured = costs.of(source)
    whole = [int(bps * VIDEO_OVERHEAD) if flows else None for bps, flows in zip(measured, source.flowing, strict=False)]
    temporal = [[int(bps * VIDEO_OVERHEAD) for bps, _ in layer] for layer in source.temporal]
    return Claim(
        track=track.info.sid,
        rank=rank,
        wanted=rung_of(wanted),
        height=track.setting.height,
        priority=track.setting.priority,
        costs_bps=rung_costs(whole, temporal),
    )
