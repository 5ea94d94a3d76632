"""The supervisor with real processes: restart, back-off, clean end."""

import asyncio
import os
import signal
from pathlib import Path

from lophop.supervisor import FIRST_DELAY_S, MAX_DELAY_S, Part, Supervisor, restart_delay


def test_a_crash_loop_backs_off_and_a_healthy_life_resets_it() -> None:
    assert restart_delay(0.0, 1) == FIRST_DELAY_S
    assert restart_delay(1.0, 1) == 2.0
    assert restart_delay(4.0, 1) == MAX_DELAY_S
    assert restart_delay(MAX_DELAY_S, 3600) == FIRST_DELAY_S


async def started(supervisor: Supervisor, name: str, other_than: int = 0) -> int:
    async with asyncio.timeout(20):
        while supervisor.pids.get(name, other_than) == other_than:
            await asyncio.sleep(0.02)
    return supervisor.pids[name]


def supervise(tmp_path: Path, source: str) -> Supervisor:
    (tmp_path / "sleeper.py").write_text(source)
    return Supervisor((Part("one", "sleeper"),), {**os.environ, "PYTHONPATH": str(tmp_path)})


async def test_a_killed_part_is_started_again_and_stop_ends_it(tmp_path: Path) -> None:
    supervisor = supervise(tmp_path, "import time\ntime.sleep(60)\n")
    running = asyncio.create_task(supervisor.run())
    first = await started(supervisor, "one")
    os.kill(first, signal.SIGKILL)
    second = await started(supervisor, "one", first)
    assert second != first
    supervisor.stop()
    await asyncio.wait_for(running, 15)
    assert supervisor.pids == {}
    assert not Path(f"/proc/{second}").exists()
