"""A PostgreSQL server of one's own for a test run: a fresh cluster on a Unix socket, gone afterwards.

Where no server is installed the tests that need one are skipped, and say so.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

_INSTALLED = Path("/usr/lib/postgresql")
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class Server:
    """`url(name)` is the address of a database in it for SQLAlchemy."""

    folder: Path
    programs: Path
    as_user: tuple[str, ...]

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://lophop@/{database}?host={self.folder}"

    def create(self, database: str) -> str:
        self.run("createdb", "-h", str(self.folder), "-U", "lophop", database)
        return self.url(database)

    def run(self, program: str, *arguments: str) -> None:
        command = [*self.as_user, str(self.programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stdout[-500:]} {done.stderr[-2000:]}")


def programs() -> Path | None:
    """The newest installed server's folder of programs."""
    found = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _other_user() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root."""
    return ("runuser", "-u", "postgres", "--") if os.geteuid() == 0 else ()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL server is installed")
    # a socket path may have at most 107 characters, so not under pytest's own deep folders
    folder = Path(tempfile.mkdtemp(prefix="lophop-pg-"))
    as_user = _other_user()
    if as_user:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    server = Server(folder, found, as_user)
    data = str(folder / "data")
    options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in _SETTINGS.items())
    try:
        server.run("initdb", "-D", data, "-U", "lophop", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        server.run("pg_ctl", "-D", data, "-w", "-l", str(folder / "log"), "-o", f"-k {folder} {options}", "start")
        try:
            yield server
        finally:
            server.run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_numbers = count(1)


@pytest.fixture
def postgresql_url(postgresql_server: Server) -> str:
    """The address of a fresh empty database."""
    return postgresql_server.create(f"fresh{next(_numbers)}")
