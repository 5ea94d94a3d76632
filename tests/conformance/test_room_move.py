"""A participant changes room with the connection it has: real clients on both sides of the door."""

import pytest
from aiohttp.test_utils import TestServer
from livekit import api

from signaling.node import ENGINE
from tests.conformance.people import KEY, SECRET, Person, a_token, people

Options = dict[str, bool]


async def open_room(node: TestServer, name: str, **options: int) -> None:
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name=name, **options))


async def move(node: TestServer, identity: str, destination: str = "breakout", room: str = "hall") -> None:
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        await lk.room.move_participant(
            api.MoveParticipantRequest(room=room, identity=identity, destination_room=destination)
        )


def shows(viewer: Person, whom: str, luma: int) -> bool:
    seen = viewer.seen.get(whom)
    return seen is not None and seen.frames > 2 and abs(seen.luma - luma) < 12


async def test_who_is_moved_leaves_one_room_and_is_seen_in_the_other(node: TestServer, protocol: Options) -> None:
    await open_room(node, "breakout")
    chi = Person("chi")
    try:
        await chi.join(node, a_token("chi", "breakout"), **protocol)
        await chi.publish_camera(200)
        async with people(node, "an", "binh", **protocol) as (an, binh):
            await an.publish_camera(60)
            await an.publish_microphone()
            await binh.publish_camera(120)
            await binh.until(lambda: shows(binh, "an", 60))
            await an.until(lambda: shows(an, "binh", 120))
            transports = node.app[ENGINE].open_transports
            tracks = set(an.room.local_participant.track_publications)
            await move(node, "an")
            # the old room sees it go, the new one sees it come with its tracks
            await binh.until(lambda: binh.names_of("participant_disconnected"))
            await chi.until(lambda: shows(chi, "an", 60) and chi.heard["an"].peak > 3000)
            await an.until(lambda: shows(an, "chi", 200))
            assert an.room.name == "breakout" and set(an.room.remote_participants) == {"chi"}
            assert set(an.room.local_participant.track_publications) == tracks
            assert node.app[ENGINE].open_transports == transports
            assert not an.names_of("disconnected") and not an.names_of("reconnecting")
            await an.room.local_participant.publish_data(b"here now")
            await chi.until(lambda: chi.data)
            assert not binh.data
            # and back again
            await move(node, "an", "hall", "breakout")
            before = binh.seen["an"].frames
            await binh.until(lambda: binh.seen["an"].frames > before + 2)
            await chi.until(lambda: chi.names_of("participant_disconnected"))
    finally:
        await chi.leave()


async def test_what_a_mover_publishes_later_and_unpublishes_is_told_where_it_is(node: TestServer) -> None:
    await open_room(node, "breakout")
    chi = Person("chi")
    try:
        await chi.join(node, a_token("chi", "breakout"))
        async with people(node, "an") as (an,):
            await move(node, "an")
            await chi.until(lambda: "an" in chi.room.remote_participants)
            publication = await an.publish_camera(90)
            await chi.until(lambda: shows(chi, "an", 90))
            await an.room.local_participant.unpublish_track(publication.sid)
            await chi.until(lambda: chi.names_of("track_unpublished"))
            tokens = [told[0] if told else None for told in an.names_of("token_refreshed")]
            assert tokens
    finally:
        await chi.leave()


@pytest.mark.parametrize(
    ("identity", "destination", "code"),
    [
        ("an", "nowhere", "not_found"),
        ("nobody", "breakout", "not_found"),
        ("binh", "breakout", "already_exists"),
        ("an", "breakout", "resource_exhausted"),
        ("an", "hall", "invalid_argument"),
    ],
)
async def test_a_move_that_cannot_be_is_refused_and_changes_nothing(
    node: TestServer, identity: str, destination: str, code: str
) -> None:
    await open_room(node, "breakout", max_participants=1)
    twin = Person("binh")
    try:
        await twin.join(node, a_token("binh", "breakout"))
        async with people(node, "an", "binh") as (an, binh):
            with pytest.raises(api.TwirpError) as refused:
                await move(node, identity, destination)
            assert refused.value.code == code
            await an.publish_microphone()
            await binh.until(lambda: "an" in binh.heard)
            assert set(binh.room.remote_participants) == {"an"} and not twin.room.remote_participants
    finally:
        await twin.leave()


async def test_moving_takes_a_token_for_both_rooms(node: TestServer) -> None:
    await open_room(node, "breakout")
    request = api.MoveParticipantRequest(room="hall", identity="an", destination_room="breakout")
    async with people(node, "an"):
        for room, destination in (("hall", "other"), ("other", "breakout")):
            grants = api.VideoGrants(room_admin=True, room=room, destination_room=destination)
            token = api.AccessToken(KEY, SECRET).with_grants(grants).to_jwt()
            async with api.LiveKitAPI(str(node.make_url("")), token=token) as lk:
                with pytest.raises(api.TwirpError) as refused:
                    await lk.room.move_participant(request)
                assert refused.value.code == "permission_denied"


async def test_nobody_is_in_two_rooms(node: TestServer) -> None:
    await open_room(node, "breakout")
    request = api.ForwardParticipantRequest(room="hall", identity="an", destination_room="breakout")
    async with people(node, "an"), api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        with pytest.raises(api.TwirpError) as refused:
            await lk.room.forward_participant(request)
        assert refused.value.code == "unimplemented"
