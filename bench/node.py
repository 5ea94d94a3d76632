"""The measured process: the data plane and nothing else. Answers one question a line on its standard input."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.shape import Shape
from sfu._dataplane import Dataplane


class Hall:
    """Publishers, then subscribers of all of them; in a meeting they are the same people."""

    def __init__(self, shape: Shape, threads: int) -> None:
        self.dataplane = Dataplane(bind="127.0.0.1:0", threads=threads)
        self.shape = shape
        self.transports: list[int] = []
        self.up_tracks = [self._open_up(self._open_transport(), index) for index in range(shape.publishers)]
        if shape.is_meeting:
            for index, transport in enumerate(self.transports):
                self._subscribe(transport, without=index)

    def admit(self, count: int) -> int:
        """That many more subscribers."""
        for _ in range(count):
            self._subscribe(self._open_transport())
        return len(self.transports)

    def _open_transport(self) -> int:
        index = len(self.transports)
        transport = self.dataplane.open_transport(local_ufrag=f"ufrag{index}", local_pwd=f"password{index:014}")
        self.dataplane.set_keys(
            transport,
            profile="AEAD_AES_128_GCM",
            local_key=bytes([2]) * 16,
            local_salt=index.to_bytes(12, "big"),
            remote_key=bytes([1]) * 16,
            remote_salt=bytes([1]) * 12,
        )
        self.transports.append(transport)
        return transport

    def _open_up(self, transport: int, index: int) -> int:
        is_audio = self.shape.is_audio
        return self.dataplane.open_up_track(
            transport,
            kind="audio" if is_audio else "video",
            codec="opus" if is_audio else "vp8",
            clock_rate=48_000 if is_audio else 90_000,
            payload_type=96,
            rtx_payload_type=None,
            mid="0",
            extensions={},
            encodings=[("", 1000 + index, 0)],
        )

    def _subscribe(self, transport: int, without: int = -1) -> None:
        is_audio = self.shape.is_audio
        for index, up_track in enumerate(self.up_tracks):
            if index == without:
                continue
            down_track = self.dataplane.open_down_track(
                transport,
                up_track,
                ssrc=20_000 + 2 * index,
                rtx_ssrc=0 if is_audio else 20_001 + 2 * index,
                payload_type=96,
                rtx_payload_type=0 if is_audio else 97,
                mid=str(index),
                extensions={"transport_cc": 3},
            )
            if not is_audio:
                self.dataplane.set_layer(down_track, 0)

    def count(self, counter: str) -> int:
        return sum(int(getattr(self.dataplane.transport_stats(it), counter)) for it in self.transports)


def busiest_thread_ns() -> int:
    """CPU time of the media thread that has used most."""
    times = []
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().startswith("media"):
            times.append(int((task / "schedstat").read_text().split()[0]))
    return max(times)


def rss_kb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def main() -> None:
    shape, threads, core = Shape(**json.loads(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3])
    if core >= 0:
        os.sched_setaffinity(0, {core})
    hall = Hall(shape, threads)
    hall.admit(shape.subscribers)
    answers: dict[str, Callable[[], Any]] = {
        "port": lambda: hall.dataplane.local_port,
        "connected": lambda: hall.count("is_connected"),
        "cpu": time.process_time_ns,
        "busiest": busiest_thread_ns,
        "sent": lambda: hall.count("packets_sent"),
        "received": lambda: hall.count("packets_received"),
        "rss": rss_kb,
        "notes_lost": lambda: sum(stats.lost for stats in hall.dataplane.thread_stats()),
    }
    for line in sys.stdin:
        question, *number = line.split()
        answer = hall.admit(int(number[0])) if question == "admit" else answers[question]()
        print(json.dumps(answer), flush=True)
    hall.dataplane.close()


main()
