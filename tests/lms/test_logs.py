"""Logs are JSON lines without secrets."""

import json

import pytest
import structlog

from lms.logs import configure


def fail_with(password: str) -> None:
    raise ValueError(f"cannot use a password of {len(password)} letters")


def test_a_traceback_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    secret = "mat-khau-" + "bi-mat"
    try:
        fail_with(secret)
    except ValueError:
        structlog.get_logger().exception("request_failed", path="/x")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["level"], told["path"]) == ("request_failed", "error", "/x")
    assert told["exception"][0]["frames"][-1]["name"] == "fail_with"
    assert secret not in line


def test_less_than_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning")
    structlog.get_logger().info("chatter")
    structlog.get_logger().warning("trouble")
    configure("info")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["trouble"]
