"""The command line as a person types it: a real process, its exit status, what it says."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lophop.doctor import Finding, report

ROOT = Path(__file__).resolve().parents[2]


def lophop(*arguments: str, text_in: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "lophop", *arguments],
        input=text_in,
        capture_output=True,
        text=True,
        timeout=50,
        cwd=ROOT,
    )


def test_an_administrator_is_created_once(tmp_path: Path) -> None:
    create = ("admin", "create", "quantri", "--name", "Quản Trị", "--data", str(tmp_path))
    done = lophop(*create, text_in="mat-khau-rat-dai\n")
    assert done.returncode == 0, done.stderr
    assert "quantri" in done.stdout
    again = lophop(*create, text_in="mat-khau-rat-dai\n")
    assert again.returncode == 2 and " / " in again.stderr


@pytest.mark.parametrize(("login", "password"), [("quantri", "short"), ("có dấu cách", "mat-khau-rat-dai")])
def test_a_bad_login_or_password_is_told_in_both_languages(tmp_path: Path, login: str, password: str) -> None:
    done = lophop("admin", "create", login, "--data", str(tmp_path), text_in=password + "\n")
    assert done.returncode == 2
    assert " / " in done.stderr and "Traceback" not in done.stderr


def test_the_demo_province_is_the_same_when_added_twice(tmp_path: Path) -> None:
    first, second = (lophop("demo", "--data", str(tmp_path)) for _ in range(2))
    assert first.returncode == second.returncode == 0, first.stderr
    assert first.stdout == second.stdout and "giang" in first.stdout


def test_a_taken_port_is_said_with_the_option_that_mends_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = lophop("serve", "--data", str(tmp_path), "--host", "127.0.0.1", "--port", str(port))
    assert done.returncode == 2
    assert str(port) in done.stderr and "--port" in done.stderr


def test_a_misspelt_setting_stops_the_start(tmp_path: Path) -> None:
    file = tmp_path / "lophop.yaml"
    file.write_text("prot: 7880\n")
    done = lophop("serve", "--config", str(file))
    assert done.returncode == 2 and "prot" in done.stderr


def test_the_doctor_examines_everything_and_says_what_to_do(tmp_path: Path) -> None:
    done = lophop(
        "doctor",
        "--data",
        str(tmp_path),
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--rtc-port",
        "0",
        "--rtc-tcp-port",
        "0",
    )
    for what in ("Cổng web", "UDP", "Lõi media", "Đĩa", "Đồng hồ", "Phông chữ"):
        assert what in done.stdout
    assert done.returncode in (0, 1)


def test_a_finding_that_is_not_good_is_printed_with_advice(capsys: pytest.CaptureFixture[str]) -> None:
    assert report([Finding("disk", False, "1 GiB", "buy one")]) == 1
    assert "→ buy one" in capsys.readouterr().out
