"""LiveKit's own Python client (the Rust one inside) judges the node: media, tracks, people."""

import asyncio

import pytest
from aiohttp.test_utils import TestServer
from livekit import rtc

from tests.conformance.people import Person, a_token, people

Options = dict[str, bool]


def sees(viewer: Person, publisher: str, luma: int, frames: int = 3) -> bool:
    seen = viewer.seen.get(publisher)
    return seen is not None and seen.frames >= frames and abs(seen.luma - luma) < 12


def hears(listener: Person, publisher: str) -> bool:
    heard = listener.heard.get(publisher)
    return heard is not None and heard.peak > 3000


@pytest.mark.parametrize("codec", [rtc.VideoCodec.VP8, rtc.VideoCodec.H264], ids=["vp8", "h264"])
async def test_two_people_see_and_hear_each_other(node: TestServer, codec: int, protocol: Options) -> None:
    async with people(node, "an", "binh", **protocol) as (an, binh):
        await an.publish_camera(60, video_codec=codec)
        await an.publish_microphone()
        await binh.publish_camera(180, video_codec=codec)
        await binh.publish_microphone()
        await an.until(lambda: sees(an, "binh", 180) and hears(an, "binh"))
        await binh.until(lambda: sees(binh, "an", 60) and hears(binh, "an"))


async def test_who_comes_later_sees_what_is_there(node: TestServer, protocol: Options) -> None:
    async with people(node, "an", **protocol) as (an,):
        await an.publish_camera(90)
        async with people(node, "binh", **protocol) as (binh,):
            assert "an" in binh.room.remote_participants
            await binh.until(lambda: sees(binh, "an", 90))


async def test_a_simulcast_camera_is_seen_in_one_size(node: TestServer, protocol: Options) -> None:
    async with people(node, "an", "binh", **protocol) as (an, binh):
        await an.publish_camera(120, simulcast=True, size=(640, 360))
        await binh.until(lambda: sees(binh, "an", 120))


async def test_a_publisher_learns_that_it_is_watched(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, _):
        publication = await an.publish_camera(60)
        await publication.wait_for_subscription()


async def test_muting_is_seen_and_unmuting_brings_the_picture_back(node: TestServer, protocol: Options) -> None:
    async with people(node, "an", "binh", **protocol) as (an, binh):
        publication = await an.publish_camera(60)
        await binh.until(lambda: sees(binh, "an", 60))
        publication.track.mute()
        await binh.until(lambda: binh.names_of("track_muted"))
        publication.track.unmute()
        await binh.until(lambda: binh.names_of("track_unmuted"))
        before = binh.seen["an"].frames
        await binh.until(lambda: binh.seen["an"].frames > before + 2)


async def test_an_unpublished_track_is_gone_and_another_may_follow(node: TestServer, protocol: Options) -> None:
    async with people(node, "an", "binh", **protocol) as (an, binh):
        publication = await an.publish_camera(60)
        await binh.until(lambda: sees(binh, "an", 60))
        await an.room.local_participant.unpublish_track(publication.sid)
        await binh.until(lambda: binh.names_of("track_unpublished"))
        assert not binh.room.remote_participants["an"].track_publications
        await an.publish_camera(200)
        await binh.until(lambda: sees(binh, "an", 200))


async def test_a_departure_is_told(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await binh.leave()
        await an.until(lambda: an.names_of("participant_disconnected"))
        assert "binh" not in an.room.remote_participants


async def test_the_second_of_one_identity_takes_the_place_of_the_first(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        async with people(node, "an") as (again,):
            await an.until(lambda: an.names_of("disconnected"))
            assert an.names_of("disconnected")[0][0] == rtc.DisconnectReason.DUPLICATE_IDENTITY
            await again.publish_camera(70)
            await binh.until(lambda: sees(binh, "an", 70))


async def test_who_may_not_subscribe_can_still_publish(node: TestServer, protocol: Options) -> None:
    speaker = Person("an")
    async with people(node, "binh") as (binh,):
        await binh.publish_camera(60)
        await speaker.join(node, a_token("an", can_subscribe=False), **protocol)
        try:
            await speaker.publish_camera(150)
            await binh.until(lambda: sees(binh, "an", 150))
            assert not speaker.seen
        finally:
            await speaker.leave()


async def test_who_may_not_publish_is_told_so(node: TestServer) -> None:
    listener = Person("an")
    await listener.join(node, a_token("an", can_publish=False))
    try:
        with pytest.raises(rtc.participant.PublishTrackError):
            async with asyncio.timeout(15):
                await listener.publish_camera(60)
    finally:
        await listener.leave()


async def test_a_track_can_be_refused_and_taken_again(node: TestServer, protocol: Options) -> None:
    async with people(node, "an", "binh", **protocol) as (an, binh):
        await an.publish_camera(60)
        await binh.until(lambda: sees(binh, "an", 60))
        (publication,) = binh.room.remote_participants["an"].track_publications.values()
        publication.set_subscribed(False)
        await binh.until(lambda: binh.names_of("track_unsubscribed"))
        publication.set_subscribed(True)
        await binh.until(lambda: len(binh.names_of("track_subscribed")) == 2)
        before = binh.seen["an"].frames
        await binh.until(lambda: binh.seen["an"].frames > before + 2)


async def test_who_speaks_is_told(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_microphone()
        await binh.until(
            lambda: any("an" in [who.identity for who in told[0]] for told in binh.names_of("active_speakers_changed"))
        )


async def test_who_comes_later_is_told_who_speaks(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_microphone()
        await binh.until(lambda: binh.names_of("active_speakers_changed"))
        async with people(node, "chi") as (chi,):
            await chi.until(
                lambda: any(
                    "an" in [who.identity for who in told[0]] for told in chi.names_of("active_speakers_changed")
                )
            )


async def test_tokens_are_renewed_from_the_start(node: TestServer) -> None:
    async with people(node, "an") as (an,):
        await an.until(lambda: an.names_of("token_refreshed"))
