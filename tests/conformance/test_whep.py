"""WHEP players (aiortc over plain HTTP) that watch a room of people with LiveKit's own client."""

import asyncio

import numpy
import pytest
from aiohttp.test_utils import TestServer
from aiortc import MediaStreamTrack
from livekit import api, rtc

from signaling.node import ENGINE, STAYS, VIEWERS
from tests.conformance.people import KEY, SECRET, a_token, people
from tests.sfu.clients import Picture, Tone
from tests.support.http_media import http_media


async def shows(track: MediaStreamTrack, luma: int) -> None:
    """Pictures come until one has about that brightness."""
    while True:
        frame = await track.recv()
        brightness = float(frame.to_ndarray(format="yuv420p")[: frame.height].mean())  # type: ignore[union-attr]
        if abs(brightness - luma) < 12:
            return


async def sounds(track: MediaStreamTrack) -> None:
    while numpy.abs((await track.recv()).to_ndarray()).max() < 2000:  # type: ignore[union-attr]
        pass


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_a_player_sees_and_hears_a_whip_publisher_and_nobody_sees_it(node: TestServer, codec: str) -> None:
    async with people(node, "an") as (an,), http_media(a_token("obs")) as obs, http_media(a_token("tv")) as tv:
        obs.send(Picture(180), Tone(), codec=codec)
        await obs.begin(str(node.make_url("/whip/hall")))
        await an.until(lambda: "obs" in an.seen)
        tv.watch("video", "audio")
        await tv.begin(str(node.make_url("/whep/hall")))
        video, audio = await tv.received.get(), await tv.received.get()
        await shows(video, 170)
        await sounds(audio)
        assert [one.identity for one in an.room.remote_participants.values()] == ["obs"]
        async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
            listed = (await lk.room.list_participants(api.ListParticipantsRequest(room="hall"))).participants
        hidden = {one.identity: (one.permission.hidden, one.kind) for one in listed}["tv"]
        assert hidden == (True, api.ParticipantInfo.Kind.EGRESS)
        assert await tv.end() == 200
        assert (await tv.end(), len(node.app[VIEWERS])) == (404, 0)  # type: ignore[index, union-attr]
        await an.until(lambda: an.seen["obs"].frames > 3)


async def test_the_picture_follows_the_room(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), http_media(a_token("tv")) as tv:
        await an.publish_camera(60)
        await binh.until(lambda: "an" in binh.seen)
        tv.watch("video", "audio")
        await tv.begin(str(node.make_url("/whep/hall")))
        video, audio = await tv.received.get(), await tv.received.get()
        await shows(video, 60)
        await binh.publish_camera(150)
        await binh.publish_microphone()
        await shows(video, 150)
        await sounds(audio)
        screen = await an.publish_camera(230, source=rtc.TrackSource.SOURCE_SCREENSHARE, size=(320, 180))
        await shows(video, 230)
        await an.room.local_participant.unpublish_track(screen.sid)
        await shows(video, 150)
        await binh.leave()
        await shows(video, 60)


async def test_a_player_may_ask_for_one_participant(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_camera(60)
        await binh.publish_camera(180)
        await binh.publish_microphone()
        await an.until(lambda: "binh" in an.seen)
        for query, luma in (("participant=an", 60), ("participant=binh", 180), ("track=camera&participant=an", 60)):
            async with http_media(a_token("tv")) as tv:
                tv.watch("video", "audio")
                await tv.begin(str(node.make_url(f"/whep/hall?{query}")))
                await shows(await tv.received.get(), luma)
                assert await tv.end() == 200


async def test_what_a_publisher_does_not_show_is_not_chosen(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_camera(60)
        await binh.publish_camera(180)
        await an.until(lambda: "binh" in an.seen)
        only_binh = rtc.ParticipantTrackPermission(participant_identity="binh", allow_all=True)
        an.room.local_participant.set_track_subscription_permissions(
            allow_all_participants=False, participant_permissions=[only_binh]
        )
        async with http_media(a_token("tv")) as tv:
            tv.watch("video")
            await tv.begin(str(node.make_url("/whep/hall")))
            video = await tv.received.get()
            await shows(video, 180)
            an.room.local_participant.set_track_subscription_permissions(allow_all_participants=True)
            await binh.leave()
            await shows(video, 60)


async def test_a_wall_of_pictures_is_as_many_sections(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), http_media(a_token("tv")) as tv:
        await an.publish_camera(60)
        await binh.publish_camera(180)
        await an.until(lambda: "binh" in an.seen)
        await binh.until(lambda: "an" in binh.seen)
        tv.watch("video", "video", "video")
        await tv.begin(str(node.make_url("/whep/hall")))
        first, second = await tv.received.get(), await tv.received.get()
        await asyncio.gather(shows(first, 60), shows(second, 180))


async def test_a_player_that_vanishes_leaves_nothing_behind(node: TestServer) -> None:
    engine = node.app[ENGINE]  # type: ignore[index, union-attr]
    async with people(node, "an") as (an,), http_media(a_token("tv")) as tv:
        await an.publish_camera(60)
        tv.watch("video")
        await tv.begin(str(node.make_url("/whep/hall")))
        await shows(await tv.received.get(), 60)
        before = engine.open_transports
        await tv.peer.close()
        async with asyncio.timeout(60):
            while engine.open_transports == before or len(engine.participants("hall")) > 1:
                await asyncio.sleep(0.05)
        assert (await tv.end(), await tv.end(), len(node.app[STAYS])) == (200, 404, 0)  # type: ignore[index, union-attr]
