"""The media node as it is, but it counts what it keeps: SIGUSR1 writes LOPHOP_TEST_CENSUS, a file of names and numbers.

Objects of our own modules and of the libraries that make transports and sockets, by class; running tasks; transports
of the data plane. SIGUSR2 does so after a collection of garbage; LOPHOP_TEST_GARBAGE=kept: there is no other one.
"""

import asyncio
import gc
import json
import os
import runpy
import signal
from collections import Counter
from pathlib import Path

from sfu.engine import Engine

COUNTED = ("sfu.", "signaling.", "aiortc.", "OpenSSL.", "aiohttp.web", "_asyncio.Task")


def _objects() -> dict[str, int]:
    found = Counter(f"{type(each).__module__}.{type(each).__qualname__}" for each in gc.get_objects())
    return {name: count for name, count in sorted(found.items()) if name.startswith(COUNTED)}


def _plane_and_tasks() -> dict[str, int]:
    engine = next(each for each in gc.get_objects() if isinstance(each, Engine))
    threads = engine._plane.thread_stats()
    return {
        "tasks": len(asyncio.all_tasks(engine._loop)),
        "transports": engine.open_transports,
        "transports of the data plane": sum(each.transports for each in threads),
        "audio tracks of the data plane": len(engine._plane.audio_levels()),
    }


def _count(number: int, _frame: object) -> None:
    if number == signal.SIGUSR2:
        gc.collect()
    census = _objects() | _plane_and_tasks()
    path = Path(os.environ["LOPHOP_TEST_CENSUS"])
    path.with_suffix(".part").write_text(json.dumps(census))
    path.with_suffix(".part").rename(path)


if __name__ == "__main__":
    if os.environ.get("LOPHOP_TEST_GARBAGE") == "kept":
        gc.disable()
    signal.signal(signal.SIGUSR1, _count)
    signal.signal(signal.SIGUSR2, _count)
    runpy.run_module("signaling", run_name="__main__")
