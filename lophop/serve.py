"""`lophop serve`: the three processes behind one public port, from an empty folder to a page that answers."""

import asyncio
import os
import resource
import signal
import socket
from pathlib import Path

import aiohttp
import structlog
import yaml
from aiohttp import web

import lms.admin
import lms.demo
from lophop.console import banner, say, step
from lophop.demo import hold_recorded_session
from lophop.gateway import Upstreams, create_gateway
from lophop.settings import Ports, Settings, SettingsError, child_config, with_secrets, write_private
from lophop.supervisor import Part, Supervisor
from signaling.api.doorstep import KEEPALIVE_S, Doorstep

log = structlog.get_logger()

PARTS = (Part("lms", "lms"), Part("node", "signaling"), Part("recorder", "recorder"))
START_TIMEOUT_S = 60.0
# what this process itself has open
RESERVED_FILES = 64
WEB_ROOT = Path(__file__).resolve().parent.parent / "web_client" / "dist"


async def serve(settings: Settings) -> None:
    """Runs until SIGINT or SIGTERM. Raises SettingsError for what only the operator can mend."""
    _check_ports(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    settings = with_secrets(settings)
    ports = Ports(node=_free_port(), lms=_free_port())
    sections = child_config(settings, ports, web_root=WEB_ROOT, node_ip=settings.node_ip or own_address())
    config_file = settings.data / "run" / "config.yaml"
    write_private(config_file, yaml.safe_dump(sections, sort_keys=False))
    await _prepare_database(sections["lms"]["database_url"], settings)

    most_connections = _most_connections()
    supervisor = Supervisor(PARTS, {**os.environ, "LOPHOP_CONFIG": str(config_file)})
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, supervisor.stop)
    gateway = web.AppRunner(
        create_gateway(Upstreams(node=f"http://127.0.0.1:{ports.node}", lms=f"http://127.0.0.1:{ports.lms}")),
        access_log=None,
        keepalive_timeout=KEEPALIVE_S,
        max_line_size=65536,
        shutdown_timeout=3,
    )
    await gateway.setup()
    listener: asyncio.Server | None = None
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(supervisor.run())
            server = gateway.server
            assert server is not None
            listener = await loop.create_server(Doorstep(server, most_connections), settings.host, settings.port)
            group.create_task(_announce(settings, ports, supervisor))
    finally:
        if listener is not None:
            listener.close()
        await gateway.cleanup()


def _most_connections() -> int:
    """Each may have another behind it, to one of the processes, which inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # shells give programs a tenth of what they may ask for
    if hard != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max((soft - RESERVED_FILES) // 2, 1)


async def _prepare_database(database_url: str, settings: Settings) -> None:
    with step("Cơ sở dữ liệu / database"):
        await lms.admin.migrate(database_url)
    if settings.is_dev:
        with step("Tỉnh mẫu / demo province"):
            accounts = await lms.demo.seed(database_url)
        for account in accounts:
            say(f"      {account.login:<8} {account.password:<14} {account.name} ({account.role})")
        return
    token = await lms.admin.setup_token(database_url)
    if token:
        say(
            "\n  Tạo tài khoản quản trị đầu tiên bằng liên kết dùng một lần:\n"
            f"  Create the first administrator with this one-time link:\n    {settings.public_url}/setup#{token}\n"
        )


async def _announce(settings: Settings, ports: Ports, supervisor: Supervisor) -> None:
    """Waits until both web-facing parts answer, then says where; the demo province then gets its recorded session."""
    with step("Khởi động / starting"):
        async with aiohttp.ClientSession() as session, asyncio.timeout(START_TIMEOUT_S):
            for port in (ports.lms, ports.node):
                while not await _is_healthy(session, port):
                    await asyncio.sleep(0.1)
    say(banner(settings))
    if settings.is_dev and settings.holds_demo_session:
        await supervisor.or_stopped(hold_recorded_session(settings.public_url))


async def _is_healthy(session: aiohttp.ClientSession, port: int) -> bool:
    try:
        async with session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


def _check_ports(settings: Settings) -> None:
    """A taken port is said before anything starts, with the option that mends it."""
    for kind, port, option in (
        (socket.SOCK_STREAM, settings.port, "--port"),
        (socket.SOCK_DGRAM, settings.rtc_port, "--rtc-port"),
        (socket.SOCK_STREAM, settings.rtc_tcp_port, "--rtc-tcp-port"),
    ):
        if port and not is_port_free(kind, settings.host, port):
            raise SettingsError(
                f"Cổng {port} đang được dùng; chọn cổng khác bằng {option}. / "
                f"Port {port} is in use; choose another with {option}."
            )


def is_port_free(kind: socket.SocketKind, host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_address() -> str:
    """The address this machine sends from; loopback when it has no network. Nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # A documentation address (RFC 5737): connecting a UDP socket only asks the routing table.
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
        except OSError:
            return "127.0.0.1"
    return address
