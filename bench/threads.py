"""Two media threads against one, with as much as they can carry and nothing lost.

A frame follows as soon as an early and a late subscriber have the one before the last but a few: the node is always
busy, its sockets never overflow. `by_cpu` is what the busiest thread's time allows: on two cores the sender and the
kernel's own work take from the wall clock what a machine with more cores would give.
"""

import time
from typing import Any

from bench.shape import Node, Shape, receive

SUBSCRIBERS = 400
SECONDS = 3.0
AHEAD = 3


def measure_threads() -> dict[str, Any]:
    one, two = _run(1), _run(2)
    ratio = {name: round(two[name] / one[name], 2) for name in ("per_s", "by_cpu_per_s")}
    return {"one": one, "two": two, "ratio": ratio}


def _run(threads: int) -> dict[str, Any]:
    shape = Shape(name=f"{threads} threads", subscribers=SUBSCRIBERS)
    with Node(shape, threads=threads) as node:
        samples = [node.receivers.sockets[0], node.receivers.sockets[-2]]
        node.receivers.enlarge(samples[1])
        for sample in samples:
            sample.settimeout(2)
        frames = [node.publishers[0].frame() for _ in range(3000)]
        lost, turn = 0, 0
        sent, cpu, busiest, started = node.ask("sent"), node.ask("cpu"), node.ask("busiest"), time.perf_counter()
        while time.perf_counter() - started < SECONDS and turn < len(frames):
            node.send(0, frames[turn])
            turn += 1
            if turn > AHEAD:
                lost += sum(shape.burst - receive(sample, shape.burst) for sample in samples)
        for sample in samples:
            lost += min(AHEAD, turn) * shape.burst - receive(sample, min(AHEAD, turn) * shape.burst)
        wall = time.perf_counter() - started
        packets = node.ask("sent") - sent
        return {
            "packets": packets,
            "lost": lost + node.ask("notes_lost"),
            "per_s": packets / wall,
            "by_cpu_per_s": packets / ((node.ask("busiest") - busiest) / 1e9),
            "ns": (node.ask("cpu") - cpu) / packets,
        }
