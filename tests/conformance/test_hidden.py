"""People whom the others do not see: hidden participants and recorders, as real clients meet them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp.test_utils import TestServer
from livekit import api, rtc

from tests.conformance.people import KEY, SECRET, Person, a_token, people
from tests.conformance.test_room_behaviour import permit


@asynccontextmanager
async def one(node: TestServer, identity: str, **rights: Any) -> AsyncIterator[Person]:
    """Somebody with other rights than everybody."""
    person = Person(identity)
    await person.join(node, a_token(identity, **rights))
    try:
        yield person
    finally:
        await person.leave()


async def test_a_hidden_observer_sees_and_is_not_seen(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), one(node, "inspector", hidden=True) as inspector:
        camera = await an.publish_camera(90)
        await inspector.until(lambda: "an" in inspector.seen and inspector.seen["an"].frames > 2)
        await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 2)
        await camera.wait_for_subscription()
        await inspector.room.local_participant.publish_data(b"from nowhere")
        await binh.until(lambda: binh.data)
        assert binh.data[0].participant is None
        async with people(node, "chi") as (chi,):
            assert set(chi.room.remote_participants) == {"an", "binh"}
            await inspector.until(lambda: "chi" in inspector.room.remote_participants)
        async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
            (room,) = (await lk.room.list_rooms(api.ListRoomsRequest())).rooms
            assert room.num_participants == 2
            listed = await lk.room.list_participants(api.ListParticipantsRequest(room="hall"))
            assert {who.identity for who in listed.participants} == {"an", "binh", "inspector"}
        told = an.names_of("participant_connected") + binh.names_of("participant_connected")
        assert "inspector" not in {who.identity for (who,) in told}


async def test_that_a_hidden_observer_watches_is_not_told(node: TestServer) -> None:
    async with people(node, "an") as (an,), one(node, "inspector", hidden=True) as inspector:
        await an.publish_camera(90)
        await inspector.until(lambda: "an" in inspector.seen and inspector.seen["an"].frames > 2)
        assert not an.names_of("local_track_subscribed")
        async with people(node, "binh"):
            await an.until(lambda: an.names_of("local_track_subscribed"))


async def test_who_becomes_hidden_is_gone_and_who_is_shown_comes(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_camera(90)
        await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 2)
        await permit(node, "an", can_publish=True, hidden=True)
        await binh.until(lambda: binh.names_of("participant_disconnected"))
        assert not binh.room.remote_participants
        before = len(binh.names_of("track_subscribed"))
        await permit(node, "an", can_publish=True)
        await binh.until(lambda: "an" in binh.room.remote_participants)
        await binh.until(lambda: len(binh.names_of("track_subscribed")) > before)
        frames = binh.seen["an"].frames
        await binh.until(lambda: binh.seen["an"].frames > frames + 2)


async def test_a_recorder_sees_what_is_shown_to_nobody_and_the_room_says_that_it_is_recorded(
    node: TestServer,
) -> None:
    async with people(node, "an", "binh") as (an, binh):
        an.room.local_participant.set_track_subscription_permissions(allow_all_participants=False)
        await an.publish_camera(90)
        assert not binh.room.is_recording
        async with one(node, "tape", recorder=True, hidden=True) as tape:
            await tape.until(lambda: "an" in tape.seen and tape.seen["an"].frames > 2)
            await binh.until(lambda: binh.room.is_recording)
            assert "an" not in binh.seen
        await binh.until(lambda: not binh.room.is_recording)


async def test_who_may_not_subscribe_still_gets_data(node: TestServer, protocol: dict[str, bool]) -> None:
    speaker = Person("an")
    async with people(node, "binh") as (binh,):
        await speaker.join(node, a_token("an", can_subscribe=False), **protocol)
        try:
            await speaker.publish_microphone()
            await binh.until(lambda: "an" in binh.heard)
            await binh.room.local_participant.publish_data(b"you are on")
            await speaker.until(lambda: speaker.data)
            assert speaker.room.connection_state == rtc.ConnectionState.CONN_CONNECTED
        finally:
            await speaker.leave()
