"""RoomService on a real node, called as the LMS, LiveKit's Python library and its Node library call it."""

import os
from typing import Any

import pytest
from aiohttp import WSServerHandshakeError
from aiohttp.test_utils import TestClient
from livekit import api
from livekit.protocol import models, rtc

from tests.signaling.wire import KEY, SECRET, Wire, a_token, wired

ALL: dict[str, Any] = {"room_create": True, "room_list": True, "room_admin": True}


async def call(node: TestClient, method: str, body: Any, *, token: str = "", service: str = "RoomService") -> Any:
    headers = {"Authorization": f"Bearer {token or a_token(**ALL)}"}
    answer = await node.post(f"/twirp/livekit.{service}/{method}", json=body, headers=headers)
    return answer.status, await answer.json()


def a_library(node: TestClient) -> api.LiveKitAPI:
    return api.LiveKitAPI(str(node.make_url("")), KEY, SECRET)


async def test_livekits_own_library_manages_rooms(node: TestClient) -> None:
    async with a_library(node) as lk:
        made = await lk.room.create_room(api.CreateRoomRequest(name="a", metadata="m", max_participants=3))
        assert made.sid.startswith("RM_") and (made.name, made.metadata, made.max_participants) == ("a", "m", 3)
        await lk.room.create_room(api.CreateRoomRequest(name="b"))
        listed = await lk.room.list_rooms(api.ListRoomsRequest())
        assert sorted(room.name for room in listed.rooms) == ["a", "b"]
        only = await lk.room.list_rooms(api.ListRoomsRequest(names=["b", "c"]))
        assert [room.name for room in only.rooms] == ["b"]
        changed = await lk.room.update_room_metadata(api.UpdateRoomMetadataRequest(room="a", metadata="n"))
        assert changed.metadata == "n"
        await lk.room.delete_room(api.DeleteRoomRequest(room="a"))
        assert len((await lk.room.list_rooms(api.ListRoomsRequest())).rooms) == 1


async def test_livekits_own_library_manages_participants(node: TestClient) -> None:
    async with a_library(node) as lk, wired(node, "an") as wire:
        await wire.until("join")
        (listed,) = (await lk.room.list_participants(api.ListParticipantsRequest(room="hall"))).participants
        assert listed.identity == "an"
        who = api.RoomParticipantIdentity(room="hall", identity="an")
        assert (await lk.room.get_participant(who)).sid == listed.sid
        change = api.UpdateParticipantRequest(room="hall", identity="an", metadata="m", attributes={"a": "b"})
        assert (await lk.room.update_participant(change)).metadata == "m"
        update = await wire.until("update")
        assert update.participants[0].metadata == "m" and update.participants[0].attributes["a"] == "b"
        await lk.room.remove_participant(who)
        assert (await wire.until("leave")).reason == models.DisconnectReason.PARTICIPANT_REMOVED


async def test_a_refreshed_token_is_taken_back_with_the_one_it_came_from(node: TestClient) -> None:
    async with wired(node) as wire:
        fresh = await wire.until("refresh_token")
        who = {"room": "hall", "identity": "an"}
        assert (await call(node, "RemoveParticipant", who))[0] == 200
        await wire.until("leave")
    with pytest.raises(WSServerHandshakeError) as caught:
        await node.ws_connect(f"/rtc?access_token={fresh}")
    assert caught.value.status == 403
    assert (await node.get(f"/rtc/validate?access_token={fresh}")).status == 403
    assert (await node.get(f"/rtc/validate?access_token={a_token('binh')}")).status == 200


@pytest.mark.parametrize("wrong", [{"identity": ""}, {"identity": "an", "revoke_token_ts": "99999999999"}])
async def test_a_removal_that_means_nobody_or_for_ever_is_refused(node: TestClient, wrong: Any) -> None:
    status, answer = await call(node, "RemoveParticipant", {"room": "hall"} | wrong)
    assert (status, answer["code"]) == (400, "invalid_argument")
    assert (await node.get(f"/rtc/validate?access_token={a_token()}")).status == 200


async def test_a_full_room_is_said_to_be_full_before_the_socket_opens(node: TestClient) -> None:
    await call(node, "CreateRoom", {"name": "hall", "max_participants": 1})
    async with wired(node) as wire:
        await wire.until("join")
        answer = await node.get(f"/rtc/validate?access_token={a_token('binh')}")
        assert answer.status == 403 and "full" in await answer.text()
        with pytest.raises(WSServerHandshakeError) as caught:
            await node.ws_connect(f"/rtc?access_token={a_token('binh')}")
        assert caught.value.status == 403
        # who is in it has a place
        assert (await node.get(f"/rtc/validate?access_token={a_token()}")).status == 200


async def test_a_revoked_permission_is_told_and_obeyed(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.until("join")
        body = {"room": "hall", "identity": "an", "permission": {"can_subscribe": True}}
        assert (await call(node, "UpdateParticipant", body))[0] == 200
        update = await wire.until("update")
        assert not update.participants[0].permission.can_publish
        await wire.ask(add_track=rtc.AddTrackRequest(cid="c", type=models.TrackType.AUDIO))
        assert (await wire.until("request_response")).reason == rtc.RequestResponse.Reason.NOT_ALLOWED


async def a_published_track(wire: Wire) -> str:
    await wire.ask(add_track=rtc.AddTrackRequest(cid="c", type=models.TrackType.AUDIO))
    sid: str = (await wire.until("track_published")).track.sid
    return sid


async def test_a_track_is_muted_from_afar_but_never_unmuted(node: TestClient) -> None:
    async with wired(node) as wire:
        sid = await a_published_track(wire)
        body = {"room": "hall", "identity": "an", "track_sid": sid, "muted": False}
        assert await call(node, "MutePublishedTrack", body) == (
            412,
            {"code": "failed_precondition", "msg": "remote unmute is not allowed"},
        )
        assert (await call(node, "MutePublishedTrack", body | {"track_sid": "TR_none", "muted": True}))[0] == 404


async def test_the_json_face_takes_both_spellings_and_writes_all_fields(node: TestClient) -> None:
    status, made = await call(node, "CreateRoom", {"name": "a", "emptyTimeout": 5})
    assert (status, made["empty_timeout"], made["num_participants"]) == (200, 5, 0)
    assert (await call(node, "CreateRoom", {"name": "b", "empty_timeout": 6}))[1]["empty_timeout"] == 6


async def test_deleting_a_room_sends_everybody_away(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.until("join")
        assert (await call(node, "DeleteRoom", {"room": "hall"}))[0] == 200
        assert (await wire.until("leave")).reason == models.DisconnectReason.ROOM_DELETED
        await wire.closed()
    assert (await call(node, "DeleteRoom", {"room": "hall"}))[0] == 200


@pytest.mark.parametrize(
    ("method", "body", "grant"),
    [
        ("CreateRoom", {"name": "a"}, {"room_list": True, "room_admin": True}),
        ("DeleteRoom", {"room": "hall"}, {"room_list": True, "room_admin": True}),
        ("ListRooms", {}, {"room_create": True, "room_admin": True}),
        ("ListParticipants", {"room": "hall"}, {"room_create": True, "room_list": True}),
        ("ListParticipants", {"room": "other"}, ALL),
        ("ListParticipants", {}, ALL),
        ("SendData", {"room": "other"}, ALL),
    ],
)
async def test_a_right_is_needed_and_bound_to_its_room(
    node: TestClient, method: str, body: Any, grant: dict[str, Any]
) -> None:
    status, error = await call(node, method, body, token=a_token(**grant))
    assert (status, error["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("token", [a_token(life_s=-120, **ALL), a_token(secret="forged", **ALL), "garbage"])
async def test_a_token_that_proves_nothing_is_unauthenticated(node: TestClient, token: str) -> None:
    status, error = await call(node, "ListRooms", {}, token=token)
    assert (status, error["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("method", "body", "status", "code"),
    [
        ("CreateRoom", {"name": ""}, 400, "invalid_argument"),
        ("CreateRoom", {"name": "n" * 257}, 400, "invalid_argument"),
        ("CreateRoom", {"name": 7}, 400, "malformed"),
        ("CreateRoom", [], 400, "invalid_argument"),
        ("ListParticipants", {"room": "hall"}, 404, "not_found"),
        ("GetParticipant", {"room": "hall", "identity": "nobody"}, 404, "not_found"),
        ("UpdateRoomMetadata", {"room": "hall", "metadata": "m" * (512 * 1024 + 1)}, 400, "invalid_argument"),
        ("MoveParticipant", {"room": "hall"}, 403, "permission_denied"),
        ("ForwardParticipant", {"room": "hall"}, 403, "permission_denied"),
        ("PerformRpc", {"room": "hall"}, 501, "unimplemented"),
        ("DanceParticipant", {}, 404, "bad_route"),
    ],
)
async def test_a_bad_call_is_told_what_is_wrong(
    node: TestClient, method: str, body: Any, status: int, code: str
) -> None:
    got, error = await call(node, method, body)
    assert (got, error["code"]) == (status, code)


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [("Egress", 501, "unimplemented"), ("SIP", 501, "unimplemented"), ("Unheard", 404, "bad_route")],
)
async def test_other_services_say_that_they_are_not_here(
    node: TestClient, service: str, status: int, code: str
) -> None:
    got, error = await call(node, "ListEgress", {}, service=service)
    assert (got, error["code"]) == (status, code)


async def test_random_protobuf_is_malformed_and_breaks_nothing(node: TestClient) -> None:
    headers = {"Authorization": f"Bearer {a_token(**ALL)}", "Content-Type": "application/protobuf"}
    for _ in range(20):
        url = "/twirp/livekit.RoomService/CreateRoom"
        answer = await node.post(url, data=b"\xff" + os.urandom(50), headers=headers)
        assert answer.status == 400
    answer = await node.post("/twirp/livekit.RoomService/CreateRoom", data=b"x", headers={"Content-Type": "text/plain"})
    assert answer.status in (401, 404)
