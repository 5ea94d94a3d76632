"""The LMS with the built web client and the recorder, as processes, over the demo province with a history.

What the media node would have told is told by signed webhooks and a journal on disk: one recorded session that is
over, one that runs now, one to come. For tests of pages, which need no live media.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener, urlopen

import yaml

from signaling.protocol import webhook
from signaling.protocol.naming import room_of_session
from tests.support.journal import JournalWriter, Script
from tests.support.program import ROOT, free_port

KEY, SECRET = "test-key", "a secret long enough to sign with, for tests only"
PASSWORD = "lophop-demo"
HELD_S = 16.0
WAIT_S = 40.0


@dataclass
class Site:
    """Where the pages are, and which sessions stand behind them."""

    data: Path
    port: int = field(default_factory=free_port)
    sessions: dict[str, str] = field(default_factory=dict)
    course_id: str = ""
    _events: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def tell(self, event: str, session_id: str, *, at: float | None = None, **parts: Any) -> None:
        """One webhook, as the node sends it, about something that happened at `at` (now unless said)."""
        self._events += 1
        room = {"name": room_of_session(session_id), "sid": f"RM_{session_id}", **parts.pop("room", {})}
        now = time.time()
        body = webhook.build(
            event=event, event_id=f"EV_{self._events}", created_at=at or now, parts={"room": room, **parts}
        )
        headers = webhook.headers(body, key=KEY, secret=SECRET, now=now)
        with urlopen(Request(f"{self.url}/hooks/live", body, headers)) as answer:
            assert answer.status == 200


class Caller:
    """One person at the HTTP API."""

    def __init__(self, site: Site, login: str) -> None:
        self._site = site
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor(CookieJar()))
        self.call("POST", "/auth/login", {"login": login, "password": PASSWORD})

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"X-Lophop": "1", "Content-Type": "application/json"}
        request = Request(f"{self._site.url}/api/v1{path}", data, headers, method=method)
        with self._opener.open(request) as answer:
            text = answer.read()
        return json.loads(text) if text else None


def wait_until(claim: Any, what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        with suppress(URLError, ConnectionError):
            if claim():
                return
        time.sleep(0.05)
    raise AssertionError(f"{what} did not come within {WAIT_S} s")


@contextmanager
def a_site(data: Path, *, has_history: bool = True) -> Iterator[Site]:
    """Processes started, the history told if wished, everything stopped at the end."""
    data.mkdir(parents=True, exist_ok=True)
    site = Site(data)
    config = _write_config(site)
    seed = "import asyncio, sys; from lms.demo import seed; asyncio.run(seed(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", seed, _database(site)], cwd=ROOT, check=True, timeout=WAIT_S)
    started: list[subprocess.Popen[bytes]] = []
    try:
        with (data / "site.log").open("wb") as log:
            for part in ("lms", "recorder"):
                environment = os.environ | {"LOPHOP_CONFIG": str(config)}
                started.append(
                    subprocess.Popen([sys.executable, "-m", part], cwd=ROOT, env=environment, stdout=log, stderr=log)
                )
        wait_until(lambda: urlopen(f"{site.url}/healthz").status == 200, "the LMS")
        if has_history:
            _tell_history(site)
        yield site
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(10)


def _database(site: Site) -> str:
    return f"sqlite+aiosqlite:///{site.data / 'lophop.db'}"


def _write_config(site: Site) -> Path:
    lms = {
        "port": site.port,
        "data_dir": str(site.data),
        "api_key": KEY,
        "api_secret": SECRET,
        "node_url": "http://127.0.0.1:9",
        "web_root": str(ROOT / "web_client/dist"),
        "log_level": "warning",
    }
    recorder = {"data_dir": str(site.data), "api_key": KEY, "api_secret": SECRET}
    recorder["webhook_url"] = f"{site.url}/hooks/live"
    path = site.data / "config.yaml"
    path.write_text(yaml.safe_dump({"lms": lms, "recorder": recorder}))
    return path


def _tell_history(site: Site) -> None:
    giang = Caller(site, "giang")
    site.course_id = giang.call("GET", "/courses")["items"][0]["id"]
    people = {one["login"]: one["id"] for one in giang.call("GET", "/people?page_size=100")["items"]}
    now = datetime.now(UTC)
    for name, title, starts_at in (
        ("held", "Buổi 3: Ứng dụng trình chiếu", now - timedelta(hours=2)),
        ("running", "Buổi 4: Kiểm tra trực tuyến", now - timedelta(minutes=5)),
        ("coming", "Buổi 5: Ngân hàng câu hỏi", now + timedelta(days=2)),
    ):
        new: dict[str, Any] = {
            "title": title,
            "starts_at": _moment(starts_at),
            "ends_at": _moment(starts_at + timedelta(hours=1)),
        }
        new |= {"host_id": people["binh"], "is_recorded": True}
        site.sessions[name] = giang.call("POST", f"/courses/{site.course_id}/sessions", new)["id"]
    _hold(site, giang, people)
    _run(site, people)


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _hold(site: Site, giang: Caller, people: dict[str, str]) -> None:
    """A recorded session that is over: everybody's evidence, and the journal from which the replay is made."""
    session_id = site.sessions["held"]
    zero = int(time.time()) - 60
    site.tell("room_started", session_id, room={"creationTime": str(zero), "creationTimeMs": str(zero * 1000)})
    spans = {"binh": [[0, 16]], "cuc": [[1, 16]], "dung": [[1, 5], [9, 16]], "hoa1": [[0, 6]]}
    for login in spans:
        participant = {"sid": f"PA_held_{login}", "identity": people[login], "joinedAt": str(zero)}
        site.tell("participant_joined", session_id, participant=participant)
    presence = [
        {
            "identity": people[login],
            "participantSid": f"PA_held_{login}",
            "spans": [[zero + a, zero + b] for a, b in own],
        }
        for login, own in spans.items()
    ]
    site.tell("presence_proven", session_id, presence=presence)
    _write_journal(site, session_id, zero * 1000, people["binh"])
    for login in spans:
        left = {"sid": f"PA_held_{login}", "identity": people[login]}
        site.tell("participant_left", session_id, at=zero + HELD_S, participant=left)
    site.tell("room_finished", session_id, at=zero + HELD_S)
    wait_until(lambda: giang.call("GET", f"/sessions/{session_id}")["replay"] == "ready", "the replay")


def _write_journal(site: Site, session_id: str, zero_ms: int, host: str) -> None:
    room = room_of_session(session_id)
    script = Script(room).open(zero_ms=zero_ms)
    script.join(0.0, host)
    script.track(0.0, 1, host, "microphone", "opus")
    script.track(0.0, 2, host, "camera", "h264")
    script.speak(1, 0.0, HELD_S)
    script.film(2, 0.0, HELD_S)
    script.close(HELD_S)
    writer = JournalWriter(site.data / "journal" / room, zero_ms, zero_ms=zero_ms)
    for record in script.records():
        writer.write(*record)
    writer.close()


def _run(site: Site, people: dict[str, str]) -> None:
    """A session that is live now: two inside, one of them receiving."""
    session_id = site.sessions["running"]
    zero = int(time.time()) - 30
    site.tell("room_started", session_id, room={"creationTime": str(zero), "creationTimeMs": str(zero * 1000)})
    for login in ("binh", "cuc"):
        participant = {"sid": f"PA_run_{login}", "identity": people[login], "joinedAt": str(zero)}
        site.tell("participant_joined", session_id, participant=participant)
    proven = [{"identity": people["binh"], "participantSid": "PA_run_binh", "spans": [[zero, zero + 30]]}]
    site.tell("presence_proven", session_id, presence=proven)
