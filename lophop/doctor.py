"""`lophop doctor`: looks at the machine and says, for each thing, whether it will do and what to do if not."""

import datetime as dt
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lophop.serve import WEB_ROOT, is_port_free
from lophop.settings import Settings

LEAST_FREE_BYTES = 5 * 1024**3
"""Room for about ten hours of a recorded session with three cameras."""
UDP_SEGMENT = 103
SOL_UDP = 17
OLDEST_PLAUSIBLE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` is empty when all is well; Vietnamese / English."""

    what: str
    is_good: bool
    seen: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    checks: tuple[Callable[[Settings], Finding], ...] = (
        _public_port,
        _media_port,
        _media_tcp_port,
        _native_module,
        _offload,
        _disk,
        _clock,
        _web_client,
        _fonts,
    )
    for check in checks:
        yield check(settings)


def report(findings: list[Finding]) -> int:
    """Prints the findings; 0 when nothing needs doing."""
    for finding in findings:
        print(f"{'✓' if finding.is_good else '✗'} {finding.what}: {finding.seen}")
        if not finding.is_good:
            print(f"    → {finding.advice}")
    return 0 if all(finding.is_good for finding in findings) else 1


def _public_port(settings: Settings) -> Finding:
    free = is_port_free(socket.SOCK_STREAM, settings.host, settings.port)
    return Finding(
        f"Cổng web / web port {settings.port}",
        free,
        "trống / free" if free else "đang dùng / in use",
        "Dừng chương trình đang dùng cổng hoặc thêm --port. / Stop what uses it or give --port.",
    )


def _media_port(settings: Settings) -> Finding:
    free = is_port_free(socket.SOCK_DGRAM, settings.host, settings.rtc_port)
    return Finding(
        f"Cổng media / media port UDP {settings.rtc_port}",
        free,
        "trống / free" if free else "đang dùng / in use",
        "Thêm --rtc-port, và mở cổng đó trên tường lửa. / Give --rtc-port and open it in the firewall.",
    )


def _media_tcp_port(settings: Settings) -> Finding:
    free = not settings.rtc_tcp_port or is_port_free(socket.SOCK_STREAM, settings.host, settings.rtc_tcp_port)
    return Finding(
        f"Cổng media / media port TCP {settings.rtc_tcp_port}",
        free,
        "trống / free" if free else "đang dùng / in use",
        "Thêm --rtc-tcp-port, và mở cổng đó trên tường lửa. / Give --rtc-tcp-port and open it in the firewall.",
    )


def _native_module(_: Settings) -> Finding:
    try:
        import sfu._dataplane as dataplane
    except ImportError as error:
        return Finding("Lõi media / data plane", False, str(error), "Chạy: make setup / run: make setup")
    return Finding("Lõi media / data plane", True, Path(dataplane.__file__ or "").name)


def _offload(_: Settings) -> Finding:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(SOL_UDP, UDP_SEGMENT, 1200)
        except OSError as error:
            return Finding(
                "UDP segmentation offload",
                False,
                str(error),
                "Nhân Linux từ 4.18 gửi nhanh hơn nhiều. / Linux 4.18 or newer sends much faster; it works without.",
            )
    return Finding("UDP segmentation offload", True, "có / present")


def _disk(settings: Settings) -> Finding:
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    return Finding(
        f"Đĩa / disk {folder}",
        free >= LEAST_FREE_BYTES,
        f"{free / 1024**3:.1f} GiB trống / free",
        "Dọn đĩa hoặc đặt --data ở ổ khác. / Free space or put --data on another disk.",
    )


def _clock(_: Settings) -> Finding:
    now = dt.datetime.now(dt.UTC)
    try:
        answer = subprocess.run(
            ["timedatectl", "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=5,
        )
        is_synchronised = answer.stdout.strip() != "no"
    except (OSError, subprocess.TimeoutExpired):
        is_synchronised = True  # no systemd to ask: only the plain check below remains
    return Finding(
        "Đồng hồ / clock",
        is_synchronised and now > OLDEST_PLAUSIBLE,
        now.strftime("%d/%m/%Y %H:%M:%S UTC"),
        "Bật đồng bộ giờ (systemd-timesyncd hoặc chrony). / Turn on time synchronisation.",
    )


def _web_client(_: Settings) -> Finding:
    built = (WEB_ROOT / "index.html").exists()
    return Finding(
        "Giao diện web / web client",
        built,
        str(WEB_ROOT) if built else "chưa dựng / not built",
        "Chạy: make setup / run: make setup",
    )


def _fonts(_: Settings) -> Finding:
    """Only servers that draw text themselves (certificates, exports) need them; browsers bring their own."""
    try:
        answer = subprocess.run(["fc-list", ":lang=vi", "family"], capture_output=True, text=True, timeout=10)
        count = len({line for line in answer.stdout.splitlines() if line})
    except (OSError, subprocess.TimeoutExpired):
        count = 0
    return Finding(
        "Phông chữ tiếng Việt / Vietnamese fonts",
        count > 0,
        f"{count} họ phông / families",
        "Cài: apt-get install fonts-noto-core / install it",
    )
