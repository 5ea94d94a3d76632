"""The recorder as the program runs it: follows a session live, survives kill -9, tells the LMS, stops when asked."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from signaling.protocol import webhook
from tests.recorder.archives import Archive, record, wait_until
from tests.recorder.test_recording import assert_pictures_tell_time
from tests.support.journal import ZERO_MS, JournalWriter, Script, teacher

KEYS = {"key": "a-secret-of-enough-length-0123456789"}
# Real processes on a busy machine.
pytestmark = pytest.mark.timeout(240)
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def a_recorder(data_dir: Path, webhook_url: str = "") -> Iterator[subprocess.Popen[bytes]]:
    ((key, secret),) = KEYS.items()
    section = {"data_dir": str(data_dir), "api_key": key, "api_secret": secret, "webhook_url": webhook_url}
    config = data_dir.with_suffix(".yaml")
    config.write_text(yaml.safe_dump({"recorder": section, "node": {"port": 1}}))
    process = subprocess.Popen(
        [sys.executable, "-m", "recorder"],
        cwd=ROOT,
        env=os.environ | {"LOPHOP_CONFIG": str(config)},
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


class Listener:
    """An LMS that verifies and keeps webhooks, refusing the first `refusals`."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.events: list[dict[str, Any]] = []

    def handle(self, body: bytes, authorization: str) -> int:
        event = webhook.verify(body, authorization, KEYS, time.time())
        if self.refusals:
            self.refusals -= 1
            return 503
        self.events.append(event)
        return 200


@contextmanager
def listening(listener: Listener) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(listener.handle(body, self.headers["Authorization"]))
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hooks/live"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def state_of(data_dir: Path, room: str = "s-one") -> str:
    try:
        return str(json.loads((data_dir / "archive" / room / "archive.json").read_bytes())["state"])
    except FileNotFoundError:
        return "none"


def listed(data_dir: Path, rendition: str) -> int:
    path = data_dir / "archive" / "s-one" / rendition / "index.m3u8"
    return path.read_text().count("#EXTINF") if path.exists() else 0


def write_part(writer: JournalWriter, script: Script, start_s: float, end_s: float) -> None:
    for kind, at_s, track, payload in script.records():
        if start_s <= at_s < end_s:
            writer.write(kind, at_s, track, payload)


def test_the_playlist_grows_while_the_session_lives_and_is_closed_at_its_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    script = teacher(20)
    with JournalWriter(data / "journal" / "s-one", ZERO_MS) as writer, a_recorder(data):
        write_part(writer, script, 0, 9)
        wait_until(lambda: listed(data, "audio") >= 2 and listed(data, "camera-1") >= 4, what="nothing listed at 9 s")
        wait_until(lambda: state_of(data) == "live")
        assert_pictures_tell_time(Archive(data / "archive" / "s-one").pictures("camera-1"), 80)
        write_part(writer, script, 9, 15)
        wait_until(lambda: listed(data, "audio") >= 5 and listed(data, "camera-1") >= 7, what="the lists did not grow")
        write_part(writer, script, 15, 21)
        wait_until(lambda: state_of(data) == "ready", what="not ready after the end")

    archive = Archive(data / "archive" / "s-one")
    assert_pictures_tell_time(archive.pictures("camera-1"), 200)
    assert archive.heard() == {s: s for s in range(20)}
    assert archive.playlist("speaker")[-1] == "#EXT-X-ENDLIST"


def test_kill_9_at_any_instant_changes_nothing(tmp_path: Path) -> None:
    script = a_long_session()
    script.write(tmp_path / "whole")
    expected = record(tmp_path / "whole").files()
    data = tmp_path / "data"
    script.write(data)
    rng = random.Random(4)
    for _ in range(5):
        (data / "recorder.alive").unlink(missing_ok=True)
        with a_recorder(data) as process:
            wait_until((data / "recorder.alive").exists)
            time.sleep(rng.uniform(0.05, 0.8))
            os.kill(process.pid, signal.SIGKILL)
    with a_recorder(data):
        wait_until(lambda: state_of(data) == "ready")

    assert Archive(data / "archive" / "s-one").files() == expected


def a_long_session() -> Script:
    """Long enough for a checkpoint to fall into it."""
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "microphone", "opus")
    script.track(0, 2, "ana", "camera", "vp8")
    for start in range(0, 80, 10):
        script.speak(1, start, start + 8)
        script.film(2, start, start + 10, codec="vp8", size=(160, 90))
    return script.close(80)


def test_a_restart_goes_on_from_the_checkpoint(tmp_path: Path) -> None:
    data = tmp_path / "data"
    script = a_long_session()
    script.write(tmp_path / "whole")
    expected = record(tmp_path / "whole").files()
    with JournalWriter(data / "journal" / "s-one", ZERO_MS) as writer:
        write_part(writer, script, 0, 70)
        with a_recorder(data):
            wait_until(lambda: listed(data, "audio") >= 32)
        assert (data / "recorder" / "s-one" / "checkpoint").exists()
        # What the checkpoint covers is not read again: it could not be.
        piece = writer.folder / "000000.jnl"
        with piece.open("r+b") as file:
            file.seek(16)
            file.write(bytes(100_000))
        write_part(writer, script, 70, 90)
        with a_recorder(data):
            wait_until(lambda: state_of(data) == "ready")

    assert Archive(data / "archive" / "s-one").files() == expected


def test_a_damaged_checkpoint_costs_only_time(tmp_path: Path) -> None:
    script = a_long_session()
    for name in ("whole", "data"):
        script.write(tmp_path / name)
    expected = record(tmp_path / "whole").files()
    folder = tmp_path / "data" / "recorder" / "s-one"
    folder.mkdir(parents=True)
    good = (tmp_path / "whole" / "recorder" / "s-one" / "checkpoint").read_bytes()
    (folder / "checkpoint").write_bytes(good[:-1] + b"?")

    assert record(tmp_path / "data").files() == expected


def test_the_lms_is_told_once_it_listens(tmp_path: Path) -> None:
    data = tmp_path / "data"
    teacher(6).write(data)
    listener = Listener(refusals=2)
    with listening(listener) as url, a_recorder(data, url):
        wait_until(lambda: len(listener.events) >= 2, what="egress_ended was not delivered")

    started, ended = listener.events
    assert (started["event"], ended["event"]) == ("egress_started", "egress_ended")
    info = ended["egressInfo"]
    assert info["status"] == "EGRESS_COMPLETE" and info["roomName"] == "s-one"
    assert info["manifestLocation"] == "s-one/archive.json"
    assert info["egressId"].startswith("EG_") and info["egressId"] == started["egressInfo"]["egressId"]
    assert abs(int(info["segmentResults"][0]["duration"]) - 6e9) < 1e8
    assert int(info["startedAt"]) == ZERO_MS * 1_000_000
    assert state_of(data) == "ready"


def test_what_could_not_be_told_is_told_by_the_next_process(tmp_path: Path) -> None:
    data = tmp_path / "data"
    teacher(4).write(data)
    with a_recorder(data, "http://127.0.0.1:9/hooks/live"):
        wait_until(lambda: state_of(data) == "ready")
        wait_until(lambda: len(list((data / "recorder" / "outbox" / "s-one").glob("*.json"))) == 2)
    listener = Listener()
    with listening(listener) as url, a_recorder(data, url):
        wait_until(lambda: len(listener.events) >= 2)
        wait_until(lambda: not list((data / "recorder" / "outbox" / "s-one").glob("*.json")))

    assert [event["event"] for event in listener.events] == ["egress_started", "egress_ended"]


def test_many_rooms_are_followed_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    for n in range(6):
        teacher(6, room=f"s-{n}").write(data)
    with a_recorder(data):
        wait_until(lambda: all(state_of(data, f"s-{n}") == "ready" for n in range(6)))


def test_it_stops_within_seconds_when_asked(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with a_recorder(data) as process:
        wait_until(lambda: (data / "recorder.alive").exists())
        process.send_signal(signal.SIGTERM)

        assert process.wait(5) == 0


def test_it_refuses_to_start_without_settings(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "LOPHOP_CONFIG"}
    done = subprocess.run([sys.executable, "-m", "recorder"], cwd=ROOT, env=environment, capture_output=True)

    assert done.returncode == 2
    assert b"LOPHOP_CONFIG" in done.stderr
