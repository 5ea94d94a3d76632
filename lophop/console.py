"""What a person sees in the terminal: lines, and progress for anything that takes more than two seconds."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from lophop.settings import Settings


def say(text: str) -> None:
    print(text, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Says what is being done and, at the end, how long it took."""
    started = time.monotonic()
    # A terminal overwrites the line; a log keeps whole lines, other processes write between them.
    begin, again = ("", "\r") if sys.stdout.isatty() else ("\n", "")
    print(f"  … {text}", end=begin, flush=True)
    try:
        yield
    except BaseException:
        print(f"{again}  ✗ {text}", flush=True)
        raise
    print(f"{again}  ✓ {text} ({time.monotonic() - started:.1f} s)", flush=True)


def banner(settings: Settings) -> str:
    """Shown once everything answers."""
    return (
        f"\nLophop đang chạy / is running: {settings.public_url}\n"
        f"  dữ liệu / data: {settings.data.resolve()}\n"
        f"  media: UDP {settings.rtc_port}\n"
        "  dừng / stop: Ctrl+C\n"
    )


def fail(text: str) -> int:
    """Prints the reason where errors belong and gives the exit status."""
    print(text, file=sys.stderr, flush=True)
    return 2
