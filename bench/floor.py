"""Runs `sfu/native/driver/examples/floor.rs`: the cost that no forwarder can avoid."""

import functools
import json
import subprocess
from pathlib import Path

from bench.shape import Shape

NATIVE = Path(__file__).parents[1] / "sfu" / "native"


@functools.cache
def build() -> Path:
    command = ["cargo", "build", "--quiet", "--release", "--package", "driver", "--example", "floor"]
    subprocess.run(command, cwd=NATIVE, check=True)
    return NATIVE / "target" / "release" / "examples" / "floor"


def measure_floor(shape: Shape, ports: list[int], *, frames: int, gap_us: int) -> dict[str, float]:
    """CPU nanoseconds per packet of each way to send."""
    # the floor is steady: a quarter of the bursts tells as much
    numbers = [frames // 4, gap_us, shape.burst, shape.size, *ports]
    output = subprocess.run([build(), *map(str, numbers)], capture_output=True, text=True, check=True).stdout
    rows = [json.loads(line) for line in output.splitlines()]
    return {row["way"] + ("+gcm" if row["encrypted"] else ""): row["ns"] for row in rows}
