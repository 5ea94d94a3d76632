"""How many viewers one core carries: for each 30 frames of 5 packets (1.4 Mbit/s) and 50 single packets a second, the
node on one core and the load on the other, until 0.5 % is lost or the 99th percentile of the delay passes 50 ms.

Sixteen viewers, the first and the last among them, are read with the kernel's arrival times; the rest is counted by the
node and dropped at their sockets.
"""

import os
import selectors
import socket
import struct
import time
from typing import Any

from bench.shape import Node, Shape

STEPS = (250, 500, 1000, 1500, 2000, 2500, 3000, 3500, 4000)
STEP_S = 2.5
FRAMES_PER_S, AUDIO_PER_S = 30, 50
SAMPLES = 16
MAX_LOSS, MAX_P99_MS = 0.005, 50.0
SO_TIMESTAMPNS = 35  # Linux; not in the socket module of this Python
LONGEST_S = 75


class Samples:
    """Those who are read: for each packet when it came."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self._selector = selectors.DefaultSelector()
        self.count = len(sockets)
        self.came: list[list[tuple[int, float]]] = [[] for _ in sockets]
        for index, it in enumerate(sockets):
            it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**20)
            it.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            it.setblocking(False)
            self._selector.register(it, selectors.EVENT_READ, index)

    def read(self, until: float) -> None:
        while (left := until - time.time()) > 0:
            for key, _ in self._selector.select(left):
                self._drain(key.fileobj, self.came[key.data])  # type: ignore[arg-type]

    @staticmethod
    def _drain(it: socket.socket, came: list[tuple[int, float]]) -> None:
        try:
            while True:
                head, ancillary, _, _ = it.recvmsg(16, 64)
                if head[0] >= 128 and not 192 <= head[1] <= 223:
                    seconds, nanoseconds = struct.unpack("qq", ancillary[0][2][:16])
                    came.append((int.from_bytes(head[2:4], "big"), seconds + nanoseconds / 1e9))
        except BlockingIOError:
            pass

    def close(self) -> None:
        self._selector.close()


def measure_knee() -> dict[str, Any]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return {"steps": [], "note": "one core: nothing to measure"}
    steps: list[dict[str, Any]] = []
    shape = Shape(name="knee", subscribers=STEPS[0])
    os.sched_setaffinity(0, {cores[1]})
    try:
        with Node(shape, core=cores[0]) as node:
            end = time.monotonic() + LONGEST_S
            for viewers in STEPS:
                node.admit(viewers - len(node.receivers.sockets))
                steps.append(_step(node, viewers))
                # twice, so that a moment of something else on the machine does not end it
                is_over = len(steps) > 1 and all(is_beyond(step) for step in steps[-2:])
                if is_over or time.monotonic() > end:
                    break
    finally:
        os.sched_setaffinity(0, set(cores))
    held = [step for step in steps if not is_beyond(step)]
    best = held[-1] if held else {"viewers": 0, "packets_per_s": 0}
    half = min(steps, key=lambda step: abs(step["viewers"] - best["viewers"] / 2))
    return {"steps": steps, "knee": best, "half_load": half, "is_reached": len(held) < len(steps)}


def is_beyond(step: dict[str, Any]) -> bool:
    return bool(step["loss"] > MAX_LOSS or step["p99_ms"] > MAX_P99_MS)


def _step(node: Node, viewers: int) -> dict[str, Any]:
    sockets = node.receivers.sockets
    chosen = [sockets[(len(sockets) - 1) * index // (SAMPLES - 1)] for index in range(SAMPLES)]
    node.receivers.drain()
    samples = Samples(chosen)
    publisher = node.publishers[0]
    # newcomers begin at a key frame
    node.send(0, publisher.frame(is_key=True))
    for _ in range(20):
        samples.read(time.time() + 0.15)
        if all(samples.came):
            break
    first = [max((number for number, _ in came), default=-1) for came in samples.came]
    samples.came = [[] for _ in chosen]
    sent_at: list[float] = []
    sent, cpu = node.ask("sent"), node.ask("cpu")
    started = time.time()
    for at, packets in _schedule():
        samples.read(started + at)
        datagrams = publisher.frame(packets)
        sent_at += [time.time()] * len(datagrams)
        node.send(0, datagrams)
    samples.read(time.time() + 0.5)
    samples.close()
    wall = time.time() - started
    delays, came_count = [], 0
    for base, came in zip(first, samples.came, strict=True):
        for number, at in came:
            index = (number - base - 1) % 65536
            if base >= 0 and index < len(sent_at):
                delays.append((at - sent_at[index]) * 1000)
                came_count += 1
    delays.sort()
    packets = node.ask("sent") - sent
    return {
        "viewers": viewers,
        "packets_per_s": round(packets / STEP_S),
        "loss": max(0.0, 1 - came_count / (len(sent_at) * samples.count)),
        "p50_ms": round(delays[len(delays) // 2], 2) if delays else 1e9,
        "p99_ms": round(delays[len(delays) * 99 // 100], 2) if delays else 1e9,
        "cpu_share": round((node.ask("cpu") - cpu) / 1e9 / wall, 3),
        "us_per_packet": round((node.ask("cpu") - cpu) / 1e3 / max(packets, 1), 2),
    }


def _schedule() -> list[tuple[float, int]]:
    """When how many packets go: frames of video, and one at a time as audio does."""
    frames = [(index / FRAMES_PER_S, 5) for index in range(int(STEP_S * FRAMES_PER_S))]
    singles = [(index / AUDIO_PER_S + 0.007, 1) for index in range(int(STEP_S * AUDIO_PER_S))]
    return sorted(frames + singles)
