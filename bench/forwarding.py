"""One publisher, many subscribers, the real data plane in a process of its own; its CPU is read from the kernel."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

from bench.receivers import Receivers
from tests.sfu.raw_peer import RawPeer
from tests.sfu.wire import Rtp, binding_request, vp8_payload

WARM_UP = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    name: str
    burst: int
    size: int  # bytes of a datagram as the subscriber gets it
    gap_us: int
    bursts: int


class Publisher(RawPeer):
    """A peer whose data plane lives in another process: keys and names are agreed by number."""

    def __init__(self, port: int) -> None:
        self.profile = "AEAD_AES_128_GCM"
        self.address = ("127.0.0.1", port)
        self._outbound = self._session(bytes([1]) * 28, 3)


def measure_forwarding(load: Load, receivers: Receivers) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.node", str(len(receivers.ports)), json.dumps(asdict(load))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        try:
            return _run(load, receivers, node)
        finally:
            assert node.stdin is not None
            node.stdin.close()


def _ask(node: subprocess.Popen[str], question: str) -> Any:
    assert node.stdin is not None and node.stdout is not None
    node.stdin.write(question + "\n")
    node.stdin.flush()
    return json.loads(node.stdout.readline())


def _run(load: Load, receivers: Receivers, node: subprocess.Popen[str]) -> dict[str, Any]:
    receivers.drain()
    address = ("127.0.0.1", _ask(node, "port"))
    publisher = Publisher(address[1])
    with _socket() as sender:
        for index, it in enumerate([sender, *receivers.sockets]):
            username, password = f"ufrag{index}:remote", f"password{index:014}"
            it.sendto(binding_request(username=username, password=password, transaction=os.urandom(12)), address)
        sender.settimeout(5)
        sender.recv(2048)
        while _ask(node, "connected") <= len(receivers.ports):
            time.sleep(0.01)
        datagrams = [publisher.protect(packet) for packet in packets(load)]
        return _pump(load, receivers, node, sender, datagrams)


def _socket() -> Any:
    import socket

    it = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    it.bind(("127.0.0.1", 0))
    return it


def packets(load: Load) -> list[Rtp]:
    """Frames of `burst` packets; the forwarded datagram has 12 bytes of header, 8 of extension and 16 of tag more."""
    found = []
    for sequence in range((load.bursts + WARM_UP) * load.burst):
        frame, part = divmod(sequence, load.burst)
        payload = vp8_payload(frame, is_key=frame == 0, is_start=part == 0)
        payload += bytes(load.size - 36 - len(payload))
        is_last = part == load.burst - 1
        found.append(
            Rtp(payload_type=96, sequence=sequence, timestamp=frame * 3000, ssrc=1000, payload=payload, marker=is_last)
        )
    return found


def _pump(
    load: Load, receivers: Receivers, node: subprocess.Popen[str], sender: Any, datagrams: list[bytes]
) -> dict[str, Any]:
    address = ("127.0.0.1", _ask(node, "port"))
    sample = receivers.sockets[0]
    receivers.drain()
    sample.settimeout(0.2)
    delays, lost, before = [], 0, 0
    for index in range(load.bursts + WARM_UP):
        if index == WARM_UP:
            before = _ask(node, "cpu")
        started = time.perf_counter_ns()
        for datagram in datagrams[index * load.burst : (index + 1) * load.burst]:
            sender.sendto(datagram, address)
        lost += load.burst - _receive(sample, load.burst)
        delays.append((time.perf_counter_ns() - started) / 1000)
        time.sleep(load.gap_us / 1e6)
    cpu_ns = _ask(node, "cpu") - before
    delays = sorted(delays[WARM_UP:])
    return {
        "ns": cpu_ns / (load.bursts * load.burst * len(receivers.ports)),
        "delay_p50_us": delays[len(delays) // 2],
        "delay_p99_us": delays[len(delays) * 99 // 100],
        "lost": lost,
        "sent": _ask(node, "sent"),
    }


def _receive(sample: Any, count: int) -> int:
    """How many media packets of a burst reach the sampled subscriber."""
    found = 0
    while found < count:
        try:
            datagram = sample.recv(4096)
        except TimeoutError:
            break
        found += datagram[0] >= 128 and not 192 <= datagram[1] <= 223
    return found
