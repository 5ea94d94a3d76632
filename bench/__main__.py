"""`python -m bench`: what the node costs, as ratios in one run, beside what kernel and cipher cost.

Prints tables; `--json FILE` keeps the numbers (default bench.json); `--only PART` runs one part. Needs cargo (for the
floor) and a quiet machine; takes under four minutes.
"""

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.floor import build, measure_floor
from bench.forwarding import measure_forwarding
from bench.growth import measure_growth
from bench.joins import measure_joins
from bench.journal import measure_journal
from bench.knee import measure_knee
from bench.memory import measure_memory
from bench.receivers import Receivers
from bench.shape import Shape
from bench.threads import measure_threads

SUBSCRIBERS = 50
# bars of the design: cost against the floor
LOADS = [
    (Shape(name="video, bursts of 8", subscribers=SUBSCRIBERS, burst=8), 400, 4000, 1.6),
    (Shape(name="video, bursts of 5", subscribers=SUBSCRIBERS, burst=5), 400, 4000, 1.6),
    (Shape(name="video, one by one", subscribers=SUBSCRIBERS, burst=1), 800, 2000, 1.6),
    (Shape(name="audio", subscribers=SUBSCRIBERS, burst=1, size=150), 800, 2000, 1.3),
]


def measure_ratios() -> list[dict[str, Any]]:
    build()
    rows = []
    with Receivers(SUBSCRIBERS) as receivers:
        for shape, frames, gap_us, bar in LOADS:
            floor = measure_floor(shape, receivers.ports, frames=frames, gap_us=gap_us)
            forwarding = measure_forwarding(shape, frames=frames, gap_us=gap_us, receivers=receivers)
            best = floor["gso+gcm"] if shape.burst > 1 else floor["sendto+gcm"]
            ratio = round(forwarding["ns"] / best, 2)
            rows.append({"load": shape.name, "floor_ns": floor, "forwarding": forwarding, "ratio": ratio, "bar": bar})
    return rows


def print_ratios(rows: list[dict[str, Any]]) -> None:
    ways = list(rows[0]["floor_ns"])
    print(f"CPU µs per packet, 1 -> {SUBSCRIBERS} on loopback, beside the floor of the same run")
    print_table(
        ["load", *ways, "forwarding", "ratio", "bar", "delay p50/p99 µs", "lost"],
        [
            [row["load"], *(f"{row['floor_ns'][way] / 1000:.2f}" for way in ways)]
            + [f"{row['forwarding']['ns'] / 1000:.2f}", f"{row['ratio']:.2f}", row["bar"]]
            + [delays(row["forwarding"]), row["forwarding"]["lost"]]
            for row in rows
        ],
    )


def print_growth(rows: list[dict[str, Any]]) -> None:
    print("growth: CPU µs per packet, frames of 5 packets, one at a time")
    cells = [[row["shape"], f"{row['ns'] / 1000:.2f}", delays(row), row["lost"], row["sent"]] for row in rows]
    print_table(["shape", "µs", "delay p50/p99 µs", "lost", "packets"], cells)


def print_threads(found: dict[str, Any]) -> None:
    print("two media threads against one, 1 -> 400, as fast as it goes (bar: 1.8 times the packets)")
    names = ("packets", "lost", "per_s", "by_cpu_per_s", "ns")
    rows = [[which, *(f"{found[which][name]:,.0f}" for name in names)] for which in ("one", "two")]
    ratio = found["ratio"]
    print_table(["threads", *names], [*rows, ["ratio", "", "", ratio["per_s"], ratio["by_cpu_per_s"], ""]])


def print_knee(found: dict[str, Any]) -> None:
    print("viewers of 200 packets/s on one core, until 0.5 % loss or p99 over 50 ms (bar: 2,500 viewers or 500,000/s)")
    names = ("viewers", "packets_per_s", "loss", "p50_ms", "p99_ms", "cpu_share", "us_per_packet")
    print_table(list(names), [[f"{step[name]:.4g}" for name in names] for step in found["steps"]])
    if found["steps"]:
        half = found["half_load"]
        reached = "" if found["is_reached"] else " (and no end seen)"
        print(
            f"knee: {found['knee']['viewers']} viewers{reached}; p99 at {half['viewers']}: {half['p99_ms']} ms (bar: 2)"
        )


def print_memory(found: dict[str, float]) -> None:
    print("memory in the data plane with media flowing, kB (bar: 30 a forwarded track)")
    print_table(list(found), [list(found.values())])


def print_joins(found: list[dict[str, Any]]) -> None:
    print(
        "seconds from opening the signal connection to the first media packet (bars: 1 in a room of ten; 3 in a crowd)"
    )
    print("CPU ms for each of them, of the control's thread and of the whole node; memory (bar: 400 kB)")
    print_table(list(found[0]), [list(row.values()) for row in found])


def print_journal(found: dict[str, Any]) -> None:
    shares = f"{found['receiving']:.1%} of a core to receive, {found['receiving_and_recording']:.1%} with the journal"
    print(f"{found['tracks']} tracks: {shares} (bar: 15 %); {found['frames']} frames of {found['packets']} packets")


def delays(row: dict[str, Any]) -> str:
    return f"{row['delay_p50_us']:.0f}/{row['delay_p99_us']:.0f}"


def print_table(head: list[str], rows: list[list[Any]]) -> None:
    cells = [head, *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    for row in cells:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    print(flush=True)


PARTS: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]] = {
    "ratios": (measure_ratios, print_ratios),
    "growth": (measure_growth, print_growth),
    "threads": (measure_threads, print_threads),
    "knee": (measure_knee, print_knee),
    "memory": (measure_memory, print_memory),
    "joins": (measure_joins, print_joins),
    "journal": (measure_journal, print_journal),
}


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bench", description=__doc__)
    arguments.add_argument("--only", choices=PARTS, action="append")
    arguments.add_argument("--json", type=Path, default=Path("bench.json"))
    chosen = arguments.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    machine = {"cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]}
    print(f"{machine['cores']} cores, Linux {machine['kernel']}, load average {machine['load']:.1f} at the start\n")
    found: dict[str, Any] = {"machine": machine}
    for name in chosen.only or PARTS:
        measure, show = PARTS[name]
        started = time.monotonic()
        try:
            found[name] = measure()
        except (OSError, RuntimeError, ValueError, AssertionError, ExceptionGroup) as error:
            # one part that cannot run on this machine does not take the others with it
            print(f"{name}: could not be measured: {error!r}\n")
            found[name] = {"error": repr(error)}
            continue
        show(found[name])
        found.setdefault("seconds", {})[name] = round(time.monotonic() - started, 1)
    chosen.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
