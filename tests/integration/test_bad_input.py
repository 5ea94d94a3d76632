"""Bad input of every kind against the running program, beside a call that must not notice."""

import asyncio
import contextlib
import json
import random
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest

from tests.support.program import Person, Program, running
from tests.support.sdk_person import SdkPerson, people_ended
from tests.support.story import PASSWORD, Story, opened, prepare, report, until, zero_of

KEY, SECRET = "devkey", "secret"
LONGEST_STILL_S = 2.5
"""No picture for this long would be a call that was harmed (the watcher notes five pictures a second)."""


@dataclass
class Call:
    """A running program with a live call in it: the host shows the session second, `watcher` sees it."""

    program: Program
    story: Story
    watcher: SdkPerson
    admin: Person
    counts: Counter[str]

    def count(self, kind: str, *, refused: bool) -> None:
        self.counts[kind + (" refused" if refused else " ACCEPTED")] += 1
        assert refused, f"{kind} was accepted"


@asynccontextmanager
async def a_call(data: Path) -> AsyncIterator[Call]:
    async with running(data) as program, Person.logged_in(program, "giang", "lophop-demo") as admin:
        story = await prepare(admin)
        async with (
            Person.logged_in(program, "binh2", PASSWORD) as host,
            Person.logged_in(program, "cuc2", PASSWORD) as cuc,
        ):
            host_sdk = await SdkPerson.joined(await host.post(f"/sessions/{story.session}/join"))
            zero = zero_of(await until("opened", lambda: opened(host, story), within_s=10))
            assert zero is not None
            await host_sdk.publish(int(zero * 1000))
            watcher = await SdkPerson.joined(await cuc.post(f"/sessions/{story.session}/join"))
            await until("picture", lambda: _true(watcher.seen), within_s=20)
            async with people_ended([host_sdk, watcher]):
                yield Call(program, story, watcher, admin, Counter())


async def _true(value: Any) -> Any:
    return value


def token(**changes: Any) -> str:
    now = int(time.time())
    claims = {"iss": KEY, "sub": "intruder", "exp": now + 600, "video": {"roomJoin": True, "room": "s-none"}} | changes
    secret = changes.pop("secret", SECRET)
    claims.pop("secret", None)
    return jwt.encode({name: value for name, value in claims.items() if value is not None}, secret, algorithm="HS256")


async def wrong_passwords(call: Call) -> None:
    async with aiohttp.ClientSession() as session:
        for login, password in (("giang", "wrong"), ("nobody", "lophop-demo"), ("", ""), ("giang", "x" * 5000)):
            body = {"login": login, "password": password}
            async with session.post(
                call.program.url + "/api/v1/auth/login", json=body, headers={"X-Lophop": "1"}
            ) as answer:
                error = (await answer.json())["error"]
                assert error["code"] and error["message_vi"] and error["message_en"]
                call.count("wrong password", refused=answer.status in (400, 401, 413, 422, 429))


async def bad_tokens(call: Call) -> None:
    room = f"s-{call.story.session}"
    grant = {"roomJoin": True, "room": room}
    bad = {
        "expired token": token(exp=int(time.time()) - 3600, video=grant),
        "foreign token": token(secret="another secret altogether, and long", video=grant),
        "unknown key": token(iss="APIunknown", video=grant),
        "token without exp": token(exp=None, video=grant),
        "token without identity": token(sub=None, video=grant),
        "token without join": token(video={"room": room}),
        "unsigned token": jwt.encode({"iss": KEY, "sub": "x", "exp": 2**40, "video": grant}, "", algorithm="none"),
        "no token": "",
        "not a token": "Bearer nonsense",
    }
    async with aiohttp.ClientSession() as session:
        for kind, text in bad.items():
            for path in ("/rtc/validate", "/rtc"):
                async with session.get(call.program.url + path, params={"access_token": text}) as answer:
                    assert answer.headers["Access-Control-Allow-Origin"] == "*"
                    call.count(kind, refused=400 <= answer.status < 500)


async def rooms_of_others(call: Call) -> None:
    """A token for one room gives nothing in another, and nobody gets a ticket who is not enrolled."""
    admin_elsewhere = token(sub="x", video={"roomAdmin": True, "room": "s-elsewhere"})
    body = {"room": f"s-{call.story.session}"}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {admin_elsewhere}"}) as session:
        for method in ("ListParticipants", "RemoveParticipant", "SendData", "UpdateRoomMetadata", "DeleteRoom"):
            url = f"{call.program.url}/twirp/livekit.RoomService/{method}"
            async with session.post(url, json=body | {"identity": call.story.people["cuc2"]}) as answer:
                call.count("room of another session", refused=answer.status == 403)
    async with Person.logged_in(call.program, "dung", "lophop-demo") as stranger:
        refusal = await stranger.post(f"/sessions/{call.story.session}/join", status=404)
        call.count("ticket without enrolment", refused=bool(refusal["error"]["message_vi"]))


async def random_protobuf(call: Call) -> None:
    chance = random.Random(20261128)
    good = token(sub="noise", video={"roomJoin": True, "room": f"s-{call.story.session}"})
    async with aiohttp.ClientSession() as session:
        for size in (1, 3, 17, 200, 5000, 60000):
            url = f"{call.program.url}/rtc?access_token={good}&protocol=16"
            async with session.ws_connect(url) as ws:
                await ws.receive(timeout=10)
                async with asyncio.timeout(20):
                    # Either the socket is closed for it, at any moment, or it goes on being good: both are clean.
                    with contextlib.suppress(ConnectionError):
                        for _ in range(20):
                            await ws.send_bytes(chance.randbytes(size))
                    ended = await ws.close() or ws.closed
                call.count("random protobuf", refused=ended)


async def random_datagrams(call: Call) -> None:
    chance = random.Random(7)
    first_bytes = (0, 1, 20, 22, 63, 128, 144, 200, 255)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for index in range(3000):
            first = bytes([first_bytes[index % len(first_bytes)]])
            sender.sendto(first + chance.randbytes(chance.randrange(0, 1400)), ("127.0.0.1", call.program.rtc_port))
            if index % 100 == 0:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        with pytest.raises(BlockingIOError):
            sender.recv(2000)
        call.count("3000 random datagrams answered nothing, so all", refused=True)


async def broken_rows(call: Call) -> None:
    before = (await call.admin.get("/people?query="))["total"]
    rows = (",No login,none,trainee,", "x1,Bad unit,nowhere,trainee,", "x2,Bad role,nowhere,king,")
    text = "\n".join(("login,name,unit,role,password", *rows)) + "\n"
    answer = await call.admin.upload("/imports?kind=people", text)
    assert len(answer["errors"]) >= 3 and all(row["message_vi"] and row["message_en"] for row in answer["errors"])
    assert (await call.admin.get("/people?query="))["total"] == before
    call.count("CSV with broken rows", refused=True)


async def forged_reports(call: Call) -> None:
    now = time.time()
    async with Person.logged_in(call.program, "em2", PASSWORD) as em:
        path = f"/sessions/{call.story.session}/evidence"
        forged = [
            report("f1", 0, 60, speed=1, wall_start=now - 5, wall_end=now),
            report("f2", 0, 10, speed=9, wall_start=now - 5, wall_end=now),
            report("f3", 0, 10, speed=1, wall_start=now + 3600, wall_end=now + 3610),
            report("f4", -5, 10, speed=1, wall_start=now - 50, wall_end=now),
        ]
        answer = await em.post(path, {"reports": forged})
        for refusal in answer["refused"]:
            call.count("forged replay report", refused=bool(refusal["code"] and refusal["message_vi"]))
        assert answer["accepted"] == [] and answer["coverage"]["replay"] == []
        await em.post(path, {"reports": "all of it"}, status=422)
        call.count("malformed replay report", refused=True)


def longest_still_s(seen: list[tuple[float, float]]) -> float:
    times = [at for _, at in seen]
    return max((after - before for before, after in zip(times, times[1:], strict=False)), default=99.0)


@pytest.mark.timeout(150)
async def test_bad_input_gets_a_clear_error_and_harms_nobody(tmp_path: Path) -> None:
    async with a_call(tmp_path / "data") as call:
        for kind in (
            wrong_passwords,
            bad_tokens,
            rooms_of_others,
            random_protobuf,
            random_datagrams,
            broken_rows,
            forged_reports,
        ):
            await kind(call)
        seen_before = len(call.watcher.seen)
        await until("more pictures", lambda: _true(len(call.watcher.seen) > seen_before + 5), within_s=10)
        still = longest_still_s(call.watcher.seen)
        lost = [event for event in call.watcher.events if event["event"] in ("reconnecting", "disconnected")]
        print(json.dumps({"tried": call.counts, "longest still picture, s": round(still, 2)}, indent=2))  # noqa: T201
        assert lost == [] and still < LONGEST_STILL_S
        assert (await call.admin.get(f"/sessions/{call.story.session}"))["state"] == "live"
