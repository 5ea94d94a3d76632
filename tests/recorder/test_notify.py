"""What is told of recordings: same thing, same id; order kept per room; a deaf room does not hold up the others."""

import json
import time
from pathlib import Path

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from recorder.archive import Contents, State
from recorder.config import RecorderConfig
from recorder.notify import Announcement, Notifier, Outbox, announce
from signaling.protocol import webhook
from tests.support.journal import ZERO_MS

SECRET = "a-secret-of-enough-length-0123456789"


def an_announcement(number: int, *, room: str = "s-one", state: State = State.READY, opening: int = 1) -> Announcement:
    contents = Contents(room=room, room_sid="RM_1", zero_ms=ZERO_MS, state=state, duration_s=12.5)
    event = "egress_started" if number % 2 else "egress_ended"
    return announce(folder=room, number=number, opening=opening, event=event, contents=contents, now=ZERO_MS / 1000)


def info_of(announcement: Announcement) -> dict[str, object]:
    info: dict[str, object] = json.loads(announcement.body)["egressInfo"]
    return info


def test_telling_the_same_twice_is_the_same_event() -> None:
    assert an_announcement(1).body == an_announcement(1).body
    ids = {json.loads(an_announcement(n).body)["id"] for n in (1, 2, 3, 4)}
    assert len(ids) == 4


def test_an_opening_has_an_egress_of_its_own() -> None:
    assert info_of(an_announcement(1))["egressId"] == info_of(an_announcement(2))["egressId"]
    assert info_of(an_announcement(3, opening=2))["egressId"] != info_of(an_announcement(1))["egressId"]


def test_the_end_states_what_became_of_it() -> None:
    info = info_of(an_announcement(2))
    failed = info_of(an_announcement(2, state=State.FAILED))

    assert info["status"] == "EGRESS_COMPLETE" and failed["status"] == "EGRESS_FAILED"
    assert info["endedAt"] == str(ZERO_MS * 1_000_000 + 12_500_000_000)
    assert info["segmentResults"] == [{"duration": "12500000000", "playlistName": "s-one/audio/index.m3u8"}]


async def deliver(tmp_path: Path, refused: set[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """One pass of the notifier over two rooms; what was taken, and what still waits."""
    taken: list[tuple[str, str]] = []

    async def hook(request: web.Request) -> web.Response:
        body = await request.read()
        event = webhook.verify(body, request.headers["Authorization"], {"key": SECRET}, time.time())
        room = event["egressInfo"]["roomName"]
        if room in refused:
            return web.Response(status=500)
        taken.append((room, event["event"]))
        return web.Response()

    app = web.Application()
    app.router.add_post("/hooks/live", hook)
    outbox = Outbox(tmp_path)
    for room in ("s-one", "s-two"):
        for number in (1, 2):
            outbox.put(room, an_announcement(number, room=room))
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        config = RecorderConfig(
            data_dir=tmp_path, api_key="key", api_secret=SECRET, webhook_url=str(server.make_url("/hooks/live"))
        )
        notifier = Notifier(config, outbox)
        await notifier.send_waiting(session, 0.0)
        await notifier.send_waiting(session, 0.1)
    return taken, [room for room, _ in outbox.waiting()]


async def test_all_is_delivered_in_order_and_forgotten(tmp_path: Path) -> None:
    taken, waiting = await deliver(tmp_path, set())

    assert [event for room, event in taken if room == "s-two"] == ["egress_started", "egress_ended"]
    assert len(taken) == 4 and waiting == [] and list(tmp_path.iterdir()) == []


async def test_a_refused_room_waits_and_the_other_is_told(tmp_path: Path) -> None:
    taken, waiting = await deliver(tmp_path, {"s-one"})

    assert taken == [("s-two", "egress_started"), ("s-two", "egress_ended")]
    assert waiting == ["s-one"]
