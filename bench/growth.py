"""How the cost of a packet grows with the audience and the meeting: flat is the goal."""

from typing import Any

from bench.forwarding import measure_forwarding
from bench.shape import Shape

SENDS = 150_000  # of each shape
AUDIENCES = (10, 50, 200, 1000)


def shapes() -> list[Shape]:
    found = [Shape(name=f"1 -> {count}", subscribers=count) for count in AUDIENCES]
    found += [Shape(name=f"meeting of {count}", publishers=count, is_meeting=True) for count in (10, 30)]
    return [*found, Shape(name="3 speakers -> 500", publishers=3, subscribers=500)]


def measure_growth() -> list[dict[str, Any]]:
    rows = []
    for shape in shapes():
        frames = min(max(SENDS // (shape.burst * shape.copies), 60), 1000)
        rows.append({"shape": shape.name} | measure_forwarding(shape, frames=frames, gap_us=2000))
    return rows
