"""The real data plane in a process of its own, its CPU read from the kernel, a frame at a time."""

import time
from typing import Any

from bench.receivers import Receivers
from bench.shape import Node, Shape, receive

WARM_UP = 20


def measure_forwarding(
    shape: Shape, *, frames: int, gap_us: int = 4000, receivers: Receivers | None = None
) -> dict[str, Any]:
    """CPU nanoseconds per packet sent; delays from the first byte of a frame to its last packet at one subscriber."""
    with Node(shape, receivers=receivers) as node:
        sample = node.sample
        sample.settimeout(0.5)
        # the sender's own time is not to be mistaken for delay: packets are made beforehand
        plan = [(turn % shape.publishers, turn) for turn in range(frames + WARM_UP)]
        datagrams = [node.publishers[index].frame() for index, _ in plan]
        delays, lost, before, sent_before = [], 0, 0, 0
        for (index, turn), frame in zip(plan, datagrams, strict=True):
            if turn == WARM_UP:
                sent_before, before = node.ask("sent"), node.ask("cpu")
            started = time.perf_counter_ns()
            node.send(index, frame)
            is_own = shape.is_meeting and index == 1
            if not is_own:
                lost += shape.burst - receive(sample, shape.burst)
                delays.append((time.perf_counter_ns() - started) / 1000)
            time.sleep(gap_us / 1e6)
        spent = node.ask("cpu") - before
        delays = sorted(delays[WARM_UP:])
        return {
            "ns": spent / (frames * shape.burst * shape.copies),
            "delay_p50_us": delays[len(delays) // 2],
            "delay_p99_us": delays[len(delays) * 99 // 100],
            "lost": lost,
            "sent": node.ask("sent") - sent_before,
        }
