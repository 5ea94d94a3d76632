"""A publisher with `dynacast` sends no layer that nobody wants, and sends it again as soon as somebody does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp.test_utils import TestServer
from livekit import rtc

from sfu.events import SubscribedQualityChanged
from sfu.media import Quality
from signaling.node import ENGINE
from tests.conformance.people import Person, a_token, people

LOW, HIGH = 0, 2


class Publisher(Person):
    """Somebody who shows a simulcast camera with dynacast on."""

    async def come(self, node: TestServer) -> None:
        await self.join(node, a_token(self.identity), dynacast=True)
        await self.publish_camera(60, simulcast=True, size=(960, 540))


@asynccontextmanager
async def a_watched_camera(node: TestServer) -> AsyncIterator[tuple[Person, rtc.RemoteTrackPublication]]:
    """The viewer, who sees the best layer, and what it sees."""
    publisher = Publisher("an")
    async with people(node, "binh") as (viewer,):
        try:
            await publisher.come(node)
            await viewer.until(lambda: "an" in viewer.seen and viewer.seen["an"].width == 960)
            yield viewer, next(iter(viewer.room.remote_participants["an"].track_publications.values()))
        finally:
            await publisher.leave()


def told(node: TestServer) -> list[Quality]:
    """What publishers are told from now on."""
    qualities: list[Quality] = []

    def note(event: object) -> None:
        if isinstance(event, SubscribedQualityChanged):
            qualities.append(event.quality)

    node.app[ENGINE].events(note)
    return qualities


async def until_sent(node: TestServer, wanted: list[bool]) -> None:
    """Until just these layers arrive, lowest first."""
    engine = node.app[ENGINE]
    (up_track,) = engine._live("hall").up_tracks
    while [layer.is_active for layer in engine._plane.up_track_stats(up_track).encodings] != wanted:
        await asyncio.sleep(0.05)


async def test_layers_nobody_wants_are_not_sent_until_somebody_does(node: TestServer) -> None:
    qualities = told(node)
    async with a_watched_camera(node) as (viewer, publication):
        publication.set_video_quality(LOW)
        await viewer.until(lambda: viewer.seen["an"].width < 960)
        await until_sent(node, [True, False, False])
        assert qualities == [Quality.LOW]
        publication.set_video_quality(HIGH)
        await viewer.until(lambda: viewer.seen["an"].width == 960)
        assert qualities == [Quality.LOW, Quality.HIGH]


async def test_a_camera_nobody_watches_rests_and_wakes_for_the_next_viewer(node: TestServer) -> None:
    qualities = told(node)
    publisher = Publisher("an")
    try:
        await publisher.come(node)
        while not qualities:
            await asyncio.sleep(0.05)
        await until_sent(node, [False, False, False])
        async with people(node, "binh") as (viewer,):
            await viewer.until(lambda: "an" in viewer.seen and viewer.seen["an"].width == 960)
        assert qualities[:2] == [Quality.OFF, Quality.HIGH]
    finally:
        await publisher.leave()


async def test_a_recording_wants_the_best_there_is(node: TestServer) -> None:
    qualities = told(node)
    engine = node.app[ENGINE]
    async with a_watched_camera(node) as (viewer, publication):
        engine.start_recording("hall")
        publication.set_video_quality(LOW)
        await viewer.until(lambda: viewer.seen["an"].width < 960)
        for now in (1e9, 2e9):
            engine._live("hall").pulse.settle_demand(now)
        await asyncio.sleep(0)
        assert qualities == []
        engine.stop_recording("hall")
        for now in (3e9, 4e9):
            engine._live("hall").pulse.settle_demand(now)
        await until_sent(node, [True, False, False])
        engine.start_recording("hall")
        await until_sent(node, [True, True, True])
        assert qualities == [Quality.LOW, Quality.HIGH]
