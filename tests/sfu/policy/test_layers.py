"""From what a subscriber says to an encoding."""

import pytest

from sfu.media import Quality, TrackSetting, VideoLayer
from sfu.policy.layers import (
    announced_heights,
    flowing_encoding,
    layer_of,
    rung_costs,
    rung_of,
    temporal_of,
    wanted_encoding,
    wanted_temporal,
)

HEIGHTS = [180, 360, 720]
LAYERS = (
    VideoLayer(quality=Quality.LOW, width=320, height=180),
    VideoLayer(quality=Quality.MEDIUM, width=640, height=360),
    VideoLayer(quality=Quality.HIGH, width=1280, height=720),
)


@pytest.mark.parametrize(
    "quality,expected", [(Quality.LOW, 0), (Quality.MEDIUM, 1), (Quality.HIGH, 2), (Quality.OFF, None)]
)
def test_a_quality_is_its_encoding(quality, expected):
    assert wanted_encoding(TrackSetting(quality=quality), HEIGHTS, 3) == expected


@pytest.mark.parametrize(
    "height,expected", [(90, 0), (180, 0), (200, 0), (201, 1), (360, 1), (400, 1), (401, 2), (720, 2), (2160, 2)]
)
def test_a_size_takes_the_smallest_layer_with_nine_tenths_of_the_height(height, expected):
    setting = TrackSetting(width=height * 16 // 9, height=height)
    assert wanted_encoding(setting, HEIGHTS, 3) == expected


def test_a_portrait_window_counts_its_shorter_side():
    portrait = tuple(VideoLayer(quality=each.quality, width=each.height, height=each.width) for each in LAYERS)
    assert wanted_encoding(TrackSetting(width=180, height=320), announced_heights(portrait), 3) == 0


def test_disabled_is_nothing():
    assert wanted_encoding(TrackSetting(is_disabled=True), HEIGHTS, 3) is None


def test_one_encoding_serves_every_quality():
    assert wanted_encoding(TrackSetting(quality=Quality.HIGH), [], 1) == 0
    assert wanted_encoding(TrackSetting(width=100, height=100), [], 1) == 0


def test_unknown_sizes_give_the_best():
    assert wanted_encoding(TrackSetting(width=100, height=100), [], 3) == 2


@pytest.mark.parametrize(
    "wanted,flowing,expected",
    [
        (2, (True, True, True), 2),
        (2, (True, True, False), 1),
        (2, (True, False, False), 0),
        (0, (False, True, True), 1),
        (1, (False, False, True), 2),
        (1, (False, False, False), 1),
        (None, (True, True), None),
    ],
)
def test_encodings_that_do_not_flow_are_passed_over(wanted, flowing, expected):
    assert flowing_encoding(wanted, flowing) == expected


@pytest.mark.parametrize(
    "fps,expected", [(0, None), (5, 0), (7, 0), (10, 1), (15, 1), (17, None), (30, None), (60, None)]
)
def test_a_frame_rate_takes_the_lowest_temporal_layer_that_nearly_shows_it(fps, expected):
    assert wanted_temporal([7.5, 15.0, 30.0], fps) == expected


def test_without_temporal_layers_every_picture_is_sent():
    assert wanted_temporal([], 5) is None
    assert wanted_temporal([30.0], 5) is None


def test_each_layer_can_be_thinned_before_it_is_given_up():
    temporal = [[50, 70, 100], [200, 300, 400]]
    costs = rung_costs([100, 400], temporal)
    assert costs == [50, 70, 100, None, 300, 400]
    assert [layer_of(rung) for rung in range(6)] == [0, 0, 0, 1, 1, 1]
    assert [temporal_of(rung, 3) for rung in range(3)] == [0, 1, None]
    assert (rung_of(1), temporal_of(rung_of(1, 1), 1)) == (5, None)


def test_a_layer_without_temporal_layers_has_one_rung():
    assert rung_costs([100, None, 900], []) == [None, None, 100, None, None, None, None, None, 900]
    assert rung_costs([100], [[80, 120]]) == [None, 80, 100]
