"""`python -m bench`: what forwarding costs beside what kernel and cipher cost, as ratios of CPU per packet in one run.

Prints a table; `--json FILE` keeps the numbers. Needs cargo (for the floor) and a quiet machine; takes under a minute.
"""

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

from bench.floor import measure_floor
from bench.forwarding import Load, measure_forwarding
from bench.journal import measure_journal
from bench.receivers import Receivers

LOADS = [
    Load(name="video, bursts of 8", burst=8, size=1200, gap_us=4000, bursts=400),
    Load(name="video, bursts of 5", burst=5, size=1200, gap_us=4000, bursts=400),
    Load(name="video, one by one", burst=1, size=1200, gap_us=2000, bursts=800),
    Load(name="audio", burst=1, size=150, gap_us=2000, bursts=800),
]


def measure(subscribers: int) -> list[dict[str, Any]]:
    rows = []
    with Receivers(subscribers) as receivers:
        for load in LOADS:
            floor = measure_floor(load, receivers.ports)
            forwarding = measure_forwarding(load, receivers)
            best = floor["gso+gcm"] if load.burst > 1 else floor["sendto+gcm"]
            ratio = round(forwarding["ns"] / best, 2)
            rows.append({"load": load.name, "floor_ns": floor, "forwarding": forwarding, "ratio": ratio})
    return rows


def print_table(rows: list[dict[str, Any]]) -> None:
    ways = list(rows[0]["floor_ns"])
    print(" | ".join(["load", *ways, "forwarding", "ratio", "delay p50/p99 µs", "lost"]))
    for row in rows:
        cells = [row["load"]] + [f"{row['floor_ns'][way] / 1000:.2f}" for way in ways]
        forwarding = row["forwarding"]
        cells += [f"{forwarding['ns'] / 1000:.2f}", f"{row['ratio']:.2f}"]
        cells += [f"{forwarding['delay_p50_us']:.0f}/{forwarding['delay_p99_us']:.0f}", str(forwarding["lost"])]
        print(" | ".join(cells))


def main() -> None:
    arguments = argparse.ArgumentParser(prog="bench", description=__doc__)
    arguments.add_argument("--subscribers", type=int, default=50)
    arguments.add_argument("--json", type=Path)
    chosen = arguments.parse_args()
    rows = measure(chosen.subscribers)
    print(f"CPU µs per packet, 1 -> {chosen.subscribers} on loopback, {os.cpu_count()} cores")
    print_table(rows)
    journal = measure_journal()
    shares = (
        f"{journal['receiving']:.1%} of a core to receive, {journal['receiving_and_recording']:.1%} with the journal"
    )
    print(f"{journal['tracks']} tracks: {shares}; {journal['frames']} frames of {journal['packets']} packets")
    if chosen.json:
        machine = {"cores": os.cpu_count(), "kernel": platform.release(), "load": os.getloadavg()[0]}
        chosen.json.write_text(json.dumps({"machine": machine, "rows": rows, "journal": journal}, indent=1) + "\n")


main()
