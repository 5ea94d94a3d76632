"""LiveKit's server library acts on a call of its own Python clients."""

from aiohttp.test_utils import TestServer
from livekit import api, rtc

from tests.conformance.people import KEY, SECRET, people


def a_library(node: TestServer) -> api.LiveKitAPI:
    return api.LiveKitAPI(str(node.make_url("")), KEY, SECRET)


async def test_a_track_is_muted_from_afar(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), a_library(node) as lk:
        publication = await an.publish_microphone()
        await binh.until(lambda: "an" in binh.heard)
        order = api.MuteRoomTrackRequest(room="hall", identity="an", track_sid=publication.sid, muted=True)
        assert (await lk.room.mute_published_track(order)).track.muted
        await binh.until(lambda: binh.names_of("track_muted"))
        await an.until(lambda: an.names_of("track_muted"))


async def test_somebody_is_sent_away(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), a_library(node) as lk:
        await lk.room.remove_participant(api.RoomParticipantIdentity(room="hall", identity="an"))
        await an.until(lambda: an.names_of("disconnected"))
        assert an.names_of("disconnected")[0][0] == rtc.DisconnectReason.PARTICIPANT_REMOVED
        await binh.until(lambda: binh.names_of("participant_disconnected"))


async def test_data_of_the_server_reaches_those_it_is_for(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), a_library(node) as lk:
        for identities in ([], ["an"]):
            await lk.room.send_data(
                api.SendDataRequest(
                    room="hall", data=b"news", kind="RELIABLE", topic="server", destination_identities=identities
                )
            )
        await an.until(lambda: len(an.data) == 2)
        await binh.until(lambda: binh.data)
        assert [packet.topic for packet in an.data] == ["server", "server"] and len(binh.data) == 1
        assert an.data[0].participant is None


async def test_rights_are_taken_and_given_back(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), a_library(node) as lk:
        await an.publish_camera(60)
        await binh.until(lambda: "an" in binh.seen)
        silent = api.ParticipantPermission(can_subscribe=True, can_publish=False, can_publish_data=True)
        await lk.room.update_participant(api.UpdateParticipantRequest(room="hall", identity="an", permission=silent))
        await binh.until(lambda: binh.names_of("track_unpublished"))
        speaking = api.ParticipantPermission(can_subscribe=True, can_publish=True, can_publish_data=True)
        await lk.room.update_participant(api.UpdateParticipantRequest(room="hall", identity="an", permission=speaking))
        await an.until(lambda: len(an.names_of("participant_permissions_changed")) >= 2)
        await an.publish_camera(200)
        await binh.until(lambda: abs(binh.seen["an"].luma - 200) < 12)


async def test_metadata_of_the_room_is_told(node: TestServer) -> None:
    async with people(node, "an") as (an,), a_library(node) as lk:
        await lk.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="hall", metadata="lesson 1"))
        await an.until(lambda: an.room.metadata == "lesson 1")


async def test_a_recorded_room_says_so(node: TestServer) -> None:
    async with a_library(node) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name="hall", metadata='{"lophop": {"record": true}}'))
        async with people(node, "an") as (an,):
            await an.publish_microphone()
            listed = await lk.room.list_rooms(api.ListRoomsRequest(names=["hall"]))
            assert listed.rooms[0].active_recording


async def test_the_end_of_a_room_is_the_end_for_everybody(node: TestServer) -> None:
    async with people(node, "an", "binh") as (an, binh), a_library(node) as lk:
        await lk.room.delete_room(api.DeleteRoomRequest(room="hall"))
        for person in (an, binh):
            await person.until(lambda person=person: person.names_of("disconnected"))
            assert person.names_of("disconnected")[0][0] == rtc.DisconnectReason.ROOM_DELETED
