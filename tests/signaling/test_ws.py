"""The signal connection on a real node: the order of messages, refusals, and bad input that harms nobody else."""

import asyncio
import json
import random

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient
from livekit.protocol import models, rtc

from signaling.api import ws
from tests.signaling.wire import a_token, wired

ORIGIN = {"Origin": "https://elsewhere.example"}


async def test_the_first_message_is_the_join_then_a_token_and_an_offer(node: TestClient) -> None:
    async with wired(node) as wire:
        join = (await wire.receive()).join
        assert join.participant.identity == "an" and join.room.name == "hall"
        assert await wire.until("refresh_token")
        offer = await wire.until("offer")
        assert offer.type == "offer" and "m=application" in offer.sdp


async def test_the_token_may_come_in_the_query(node: TestClient) -> None:
    async with node.ws_connect(f"/rtc?access_token={a_token()}") as socket:
        message = await socket.receive()
        assert rtc.SignalResponse.FromString(message.data).join.participant.identity == "an"


async def test_a_client_that_speaks_text_is_answered_in_text(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.socket.send_str(json.dumps({"pingReq": {"timestamp": "7"}}))
        while (message := await wire.socket.receive()).type is not WSMsgType.TEXT:
            assert message.type is WSMsgType.BINARY
        texts = [json.loads(message.data)]
        while "pongResp" not in texts[-1]:
            texts.append(json.loads((await wire.socket.receive()).data))
        assert texts[-1]["pongResp"]["lastPingTimestamp"] == "7"


async def test_pings_are_answered(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.ask(ping_req=rtc.Ping(timestamp=5))
        assert (await wire.until("pong_resp")).last_ping_timestamp == 5


async def test_a_wish_to_resume_is_answered_with_join_again(node: TestClient) -> None:
    async with wired(node, query="&reconnect=1&sid=PA_gone") as wire:
        leave = (await wire.receive()).leave
        assert leave.action == rtc.LeaveRequest.Action.RECONNECT
        assert leave.reason == models.DisconnectReason.STATE_MISMATCH
        assert await wire.closed() == []


async def test_a_track_is_published_under_a_sid(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.ask(add_track=rtc.AddTrackRequest(cid="c1", type=models.TrackType.AUDIO, name="mic"))
        published = await wire.until("track_published")
        assert published.cid == "c1" and published.track.sid.startswith("TR_")


async def test_the_twenty_first_pending_track_is_refused(node: TestClient) -> None:
    async with wired(node) as wire:
        for number in range(21):
            await wire.ask(add_track=rtc.AddTrackRequest(cid=f"c{number}", type=models.TrackType.AUDIO))
        refusal = await wire.until("request_response")
        assert refusal.reason == rtc.RequestResponse.Reason.LIMIT_EXCEEDED and refusal.add_track.cid == "c20"


async def test_a_source_the_token_does_not_name_is_refused(node: TestClient) -> None:
    async with wired(node, can_publish_sources=("microphone",)) as wire:
        await wire.ask(
            add_track=rtc.AddTrackRequest(cid="c", type=models.TrackType.VIDEO, source=models.TrackSource.CAMERA)
        )
        assert (await wire.until("request_response")).reason == rtc.RequestResponse.Reason.NOT_ALLOWED


async def test_the_second_of_one_identity_sends_the_first_away(node: TestClient) -> None:
    async with wired(node) as first:
        await first.until("join")
        async with wired(node) as second:
            leave = await first.until("leave")
            assert leave.reason == models.DisconnectReason.DUPLICATE_IDENTITY
            assert leave.action == rtc.LeaveRequest.Action.DISCONNECT
            await first.closed()
            await second.ask(ping_req=rtc.Ping(timestamp=1))
            await second.until("pong_resp")


async def test_leaving_closes_the_socket(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.until("join")
        await wire.ask(leave=rtc.LeaveRequest())
        assert "leave" not in await wire.closed()


async def test_an_ordinary_page_load_of_the_socket_is_not_found(node: TestClient) -> None:
    answer = await node.get(f"/rtc?access_token={a_token()}", headers=ORIGIN)
    assert answer.status == 404 and answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize(
    ("path", "request_text", "status"),
    [
        ("/rtc/v1/validate", "CAE", 400),
        ("/rtc/v1/validate", "", 400),
        ("/rtc/v1/validate", "!", 400),
        ("/rtc/v1/validate", "EgA=", 200),
        ("/rtc/validate", "EgA", 200),
        ("/rtc/validate", "!", 400),
    ],
)
async def test_a_join_request_is_read_before_anybody_joins(
    node: TestClient, path: str, request_text: str, status: int
) -> None:
    answer = await node.get(path, params={"access_token": a_token(), "join_request": request_text}, headers=ORIGIN)
    assert answer.status == status and answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


async def test_a_socket_with_a_bad_join_request_is_refused(node: TestClient) -> None:
    with pytest.raises(WSServerHandshakeError) as refused:
        await node.ws_connect(f"/rtc/v1?access_token={a_token()}&join_request=garbage!")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("token", "status"),
    [
        (a_token(), 200),
        (a_token(life_s=-120), 401),
        (a_token(key="stranger", secret="other"), 401),
        (a_token(secret="forged"), 401),
        (a_token(room_join=False), 401),
        (a_token(room=""), 400),
        ("", 401),
        ("garbage", 401),
    ],
)
async def test_validate_tells_why_the_socket_is_refused(node: TestClient, token: str, status: int) -> None:
    answer = await node.get(f"/rtc/validate?access_token={token}", headers=ORIGIN)
    assert answer.status == status and await answer.text()
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]
    if status != 200:
        with pytest.raises(WSServerHandshakeError) as caught:
            await node.ws_connect(f"/rtc?access_token={token}")
        assert caught.value.status == status


async def test_a_base_that_ends_in_a_slash_is_served(node: TestClient) -> None:
    answer = await node.session.get(f"{node.make_url('/')}/rtc/validate?access_token={a_token()}")
    assert answer.status == 200


async def test_preflights_are_answered(node: TestClient) -> None:
    wishes = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = await node.options("/twirp/livekit.RoomService/ListRooms", headers=ORIGIN | wishes)
    assert answer.status == 200 and answer.headers["Access-Control-Allow-Headers"] == "authorization"
    missing = await node.get("/nowhere", headers=ORIGIN)
    assert missing.status == 404 and "Access-Control-Allow-Origin" in missing.headers


async def test_the_root_and_health_answer(node: TestClient) -> None:
    assert (await node.head("/")).status == 200
    answer = await node.get("/healthz")
    assert answer.status == 200 and (await answer.json())["status"] == "ok"


async def test_random_protobuf_ends_its_sender_and_nobody_else(node: TestClient) -> None:
    chance = random.Random(7)
    async with wired(node, "binh") as bystander:
        await bystander.until("join")
        for number in range(30):
            async with wired(node, f"noise-{number}") as wire:
                await wire.until("join")
                for _ in range(5):
                    if not wire.socket.closed:
                        await wire.socket.send_bytes(chance.randbytes(chance.randrange(1, 300)))
                await wire.ask(leave=rtc.LeaveRequest())
                await wire.closed()
        await bystander.ask(ping_req=rtc.Ping(timestamp=9))
        assert (await bystander.until("pong_resp")).last_ping_timestamp == 9


@pytest.mark.parametrize("sdp", ["", "nonsense", "v=0\r\n", "v=0\r\nm=audio x y z\r\n", "\x00" * 1000])
async def test_an_offer_that_is_no_sdp_ends_its_sender_with_a_leave(node: TestClient, sdp: str) -> None:
    async with wired(node) as wire:
        await wire.ask(offer=rtc.SessionDescription(type="offer", sdp=sdp, id=1))
        kinds = await wire.closed()
        assert kinds[-1] == "leave"


@pytest.mark.parametrize("sdp", ["", "nonsense", "v=0\r\n"])
async def test_an_answer_that_is_no_sdp_harms_nobody(node: TestClient, sdp: str) -> None:
    async with wired(node, "binh") as bystander, wired(node) as wire:
        offer = await wire.until("offer")
        await wire.ask(answer=rtc.SessionDescription(type="answer", sdp=sdp, id=offer.id))
        await bystander.ask(ping_req=rtc.Ping(timestamp=9))
        await bystander.until("pong_resp")


async def test_an_over_long_message_closes_its_socket(node: TestClient) -> None:
    async with wired(node) as wire:
        await wire.until("join")
        await wire.socket.send_bytes(bytes(ws.MESSAGE_BYTES_LIMIT + 1))
        await wire.closed()


async def test_a_socket_cut_off_is_a_departure(node: TestClient) -> None:
    async with wired(node, "binh") as bystander:
        await bystander.until("join")
        async with wired(node, "an", room_admin=True) as wire:
            await wire.until("join")
        while not await _is_alone(node):
            await asyncio.sleep(0.01)


async def _is_alone(node: TestClient) -> bool:
    headers = {"Authorization": f"Bearer {a_token(room_admin=True)}"}
    answer = await node.post("/twirp/livekit.RoomService/ListParticipants", json={"room": "hall"}, headers=headers)
    return [one["identity"] for one in (await answer.json())["participants"]] == ["binh"]
