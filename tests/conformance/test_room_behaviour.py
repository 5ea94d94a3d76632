"""How a room behaves towards real clients: how many fit in, and rights that change during the call."""

import pytest
from aiohttp.test_utils import TestServer
from livekit import api, rtc

from tests.conformance.people import KEY, SECRET, Person, a_token, people


def a_library(node: TestServer) -> api.LiveKitAPI:
    return api.LiveKitAPI(str(node.make_url("")), KEY, SECRET)


async def permit(node: TestServer, identity: str, **rights: bool) -> None:
    permission = api.ParticipantPermission(**({"can_subscribe": True, "can_publish_data": True} | rights))
    async with a_library(node) as lk:
        await lk.room.update_participant(
            api.UpdateParticipantRequest(room="hall", identity=identity, permission=permission)
        )


async def until_frozen(viewer: Person, whom: str, other: Person) -> None:
    """Until nothing of `whom` comes to `viewer` while five pictures come to another.

    The client says nothing of a section that goes inactive: only the picture stands still.
    """
    before = -1
    while before != viewer.seen[whom].frames:
        before, enough = viewer.seen[whom].frames, other.seen[whom].frames + 5
        await other.until(lambda enough=enough: other.seen[whom].frames >= enough)


async def until_moving(viewer: Person, whom: str) -> None:
    before = viewer.seen[whom].frames
    await viewer.until(lambda: viewer.seen[whom].frames > before + 3)


async def test_a_full_room_refuses_the_next_and_disturbs_nobody(node: TestServer) -> None:
    async with a_library(node) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name="hall", max_participants=2))
    async with people(node, "an", "binh") as (an, binh):
        with pytest.raises(rtc.ConnectError) as caught:
            await Person("chi").join(node)
        assert "full" in str(caught.value)
        await an.publish_microphone()
        await binh.until(lambda: "an" in binh.heard)
        assert not binh.names_of("participant_connected") and not an.names_of("disconnected")
        await binh.leave()
        async with people(node, "chi"):
            await an.until(lambda: len(an.names_of("participant_connected")) == 2)


async def test_who_comes_back_to_a_full_room_takes_its_own_place(node: TestServer) -> None:
    async with a_library(node) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name="hall", max_participants=1))
    async with people(node, "an") as (first,), people(node, "an"):
        await first.until(lambda: first.names_of("disconnected"))
        assert first.names_of("disconnected")[0][0] == rtc.DisconnectReason.DUPLICATE_IDENTITY


async def test_who_is_given_the_floor_later_is_seen(node: TestServer) -> None:
    an = Person("an")
    async with people(node, "binh") as (binh,):
        try:
            await an.join(node, a_token("an", can_publish=False))
            await permit(node, "an", can_publish=True)
            await an.until(lambda: an.names_of("participant_permissions_changed"))
            await an.publish_camera(200)
            await binh.until(lambda: "an" in binh.seen and abs(binh.seen["an"].luma - 200) < 12)
        finally:
            await an.leave()


async def test_a_right_to_subscribe_is_taken_and_given_back(node: TestServer) -> None:
    async with people(node, "an", "binh", "chi") as (an, binh, chi):
        await an.publish_camera(60)
        for viewer in (binh, chi):
            await viewer.until(lambda viewer=viewer: "an" in viewer.seen)
        await permit(node, "chi", can_publish=True, can_subscribe=False)
        await until_frozen(chi, "an", binh)
        await permit(node, "chi", can_publish=True)
        await until_moving(chi, "an")


async def test_a_track_is_seen_by_those_it_is_shown_to(node: TestServer) -> None:
    async with people(node, "an", "binh", "chi") as (an, binh, chi):
        await an.publish_camera(60)
        for viewer in (binh, chi):
            await viewer.until(lambda viewer=viewer: "an" in viewer.seen)
        only_binh = [rtc.ParticipantTrackPermission(participant_identity="binh", allow_all=True)]
        an.room.local_participant.set_track_subscription_permissions(
            allow_all_participants=False, participant_permissions=only_binh
        )
        await until_frozen(chi, "an", binh)
        an.room.local_participant.set_track_subscription_permissions(allow_all_participants=True)
        await until_moving(chi, "an")


async def test_what_is_shown_to_nobody_reaches_no_newcomer(node: TestServer) -> None:
    async with people(node, "an") as (an,):
        an.room.local_participant.set_track_subscription_permissions(allow_all_participants=False)
        await an.publish_camera(60)
        async with people(node, "binh", "chi") as (binh, chi):
            await binh.publish_microphone()
            await chi.until(lambda: "binh" in chi.heard)
            assert "an" in chi.room.remote_participants and "an" not in chi.seen
            an.room.local_participant.set_track_subscription_permissions(allow_all_participants=True)
            await chi.until(lambda: "an" in chi.seen and chi.seen["an"].frames > 3)


async def test_the_bars_of_oneself_and_of_whom_one_receives_are_shown(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh):
        await an.publish_microphone()
        await binh.until(lambda: "an" in binh.heard)
        excellent = rtc.ConnectionQuality.QUALITY_EXCELLENT
        await binh.until(lambda: {("an", excellent), ("binh", excellent)} <= bars(binh))
        await an.until(lambda: ("an", excellent) in bars(an))
        assert "binh" not in {identity for identity, _ in bars(an)}


def bars(person: Person) -> set[tuple[str, int]]:
    return {(who.identity, quality) for who, quality in person.names_of("connection_quality_changed")}
