"""The command `lophop`: serve, demo, admin create, doctor."""

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
import uvloop

import lms.admin
import lms.demo
from lophop.console import fail, say
from lophop.doctor import examine, report
from lophop.serve import serve
from lophop.settings import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 something is not well, 2 cannot be done as asked."""
    options = vars(_parser().parse_args(arguments))
    command, file = options.pop("command"), options.pop("config")
    _log_to_stderr()
    try:
        return _COMMANDS[command](options, file)
    except SettingsError as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return 0


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--config", type=Path, help="YAML: thiết lập / settings")
    shared.add_argument("--data", type=Path, help="thư mục dữ liệu / data folder (var)")
    shared.add_argument("--database-url", help="mặc định SQLite / SQLite by default")
    ports = argparse.ArgumentParser(add_help=False)
    ports.add_argument("--host", help="địa chỉ nghe / address to listen on (0.0.0.0)")
    ports.add_argument("--port", type=int, help="cổng web / web port (7880)")
    ports.add_argument("--rtc-port", type=int, help="cổng media UDP / media port (7882)")
    ports.add_argument("--rtc-tcp-port", type=int, help="cổng media TCP / media port over TCP (7881; 0: none)")
    ports.add_argument("--node-ip", help="địa chỉ mà máy khách gửi media tới / address that clients send media to")

    parser = argparse.ArgumentParser(prog="lophop", description="Họp trực tuyến, lớp học, bản ghi và chuyên cần.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("serve", parents=[shared, ports], help="chạy tất cả / run everything")
    run.add_argument("--dev", dest="is_dev", action="store_true", default=None, help="tỉnh mẫu, chỉ loopback / demo")
    commands.add_parser("demo", parents=[shared], help="thêm tỉnh mẫu vào dữ liệu / add the demo province")
    commands.add_parser("doctor", parents=[shared, ports], help="kiểm tra máy / examine this machine")
    admin = commands.add_parser("admin", help="tài khoản quản trị / administrators")
    create = admin.add_subparsers(dest="action", required=True).add_parser("create", parents=[shared])
    create.add_argument("login")
    create.add_argument("--name", default="")
    return parser


def _serve(options: dict[str, Any], file: Path | None) -> int:
    uvloop.run(serve(Settings.load(options, os.environ, file)))
    return 0


def _demo(options: dict[str, Any], file: Path | None) -> int:
    for account in asyncio.run(lms.demo.seed(_database_url(options, file))):
        say(f"{account.login:<8} {account.password:<14} {account.name} ({account.role})")
    return 0


def _doctor(options: dict[str, Any], file: Path | None) -> int:
    return report(list(examine(Settings.load(options, os.environ, file))))


def _admin(options: dict[str, Any], file: Path | None) -> int:
    login, name = options.pop("login"), options.pop("name")
    options.pop("action")
    # From a pipe the password is one line; a terminal asks twice without showing it.
    if sys.stdin.isatty():
        password = getpass.getpass("Mật khẩu / password: ")
        if password != getpass.getpass("Nhập lại / again: "):
            return fail("Hai lần nhập không giống nhau. / The two do not match.")
    else:
        password = sys.stdin.readline().rstrip("\n")
    try:
        asyncio.run(
            lms.admin.create_administrator(
                _database_url(options, file), login=login, name=name or login, password=password
            )
        )
    except lms.admin.AdminError as error:
        return fail(str(error))
    say(f"Đã tạo quản trị viên «{login}». / Administrator «{login}» created.")
    return 0


def _database_url(options: dict[str, Any], file: Path | None) -> str:
    settings = Settings.load(options, os.environ, file)
    settings.data.mkdir(parents=True, exist_ok=True)
    return settings.database_url or f"sqlite+aiosqlite:///{settings.data.resolve()}/lophop.db"


def _log_to_stderr() -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


_COMMANDS = {"serve": _serve, "demo": _demo, "doctor": _doctor, "admin": _admin}
