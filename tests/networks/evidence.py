"""Numbers that a run measured, for docs/evidence: appended to the file named by LOPHOP_EVIDENCE, if there is one."""

import math
import os
from collections.abc import Iterable
from pathlib import Path


def state(line: str) -> None:
    """One line, as it is to stand in the page."""
    file = os.environ.get("LOPHOP_EVIDENCE")
    if file:
        with Path(file).open("a") as page:
            page.write(line + "\n")


def spread(seconds: Iterable[float]) -> str:
    """Median, 95th percentile and maximum, and the load of the machine."""
    ordered = sorted(seconds)
    middle, high = ordered[len(ordered) // 2], ordered[math.ceil(0.95 * len(ordered)) - 1]
    return f"p50 {middle:.1f} s, p95 {high:.1f} s, max {ordered[-1]:.1f} s (load {os.getloadavg()[0]:.0f})"
