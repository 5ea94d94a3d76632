"""Who sends what to whom, and a node process that carries it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Any

from bench.receivers import Receivers
from tests.sfu.raw_peer import RawPeer
from tests.sfu.wire import Rtp, binding_request, vp8_payload

PATIENCE_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """`burst` packets of `size` bytes (as a subscriber gets them) make a frame."""

    name: str
    publishers: int = 1
    subscribers: int = 0
    is_meeting: bool = False
    burst: int = 5
    size: int = 1200

    @property
    def is_audio(self) -> bool:
        return self.size < 500

    @property
    def people(self) -> int:
        return self.publishers + self.subscribers

    @property
    def copies(self) -> int:
        """To how many each packet goes."""
        return self.publishers - 1 if self.is_meeting else self.subscribers


class Publisher(RawPeer):
    """A peer whose data plane lives in another process: keys and names are agreed by number."""

    def __init__(self, shape: Shape, index: int) -> None:
        self.profile = "AEAD_AES_128_GCM"
        self._outbound = self._session(bytes([1]) * 28, 3)
        self._shape, self._index, self._frames, self._sequence = shape, index, 0, 0

    def frame(self, packets: int = 0, *, is_key: bool = False) -> list[bytes]:
        """The next frame, protected. A forwarded datagram has 12 bytes of header, 8 of extension and 16 of tag more."""
        made, count = [], packets or self._shape.burst
        is_key |= self._frames == 0
        for part in range(count):
            payload = vp8_payload(self._frames, is_key=is_key, is_start=part == 0)
            payload += bytes(self._shape.size - 36 - len(payload))
            packet = Rtp(
                payload_type=96,
                sequence=self._sequence,
                timestamp=self._frames * 3000,
                ssrc=1000 + self._index,
                payload=payload,
                marker=part == count - 1,
            )
            self._sequence += 1
            made.append(self.protect(packet))
        self._frames += 1
        return made


class Node:
    """The measured process and the sockets of everybody in it; `with Node(...) as node`."""

    def __init__(self, shape: Shape, *, threads: int = 1, core: int = -1, receivers: Receivers | None = None) -> None:
        self.shape = shape
        command = [sys.executable, "-m", "bench.node", json.dumps(asdict(shape)), str(threads), str(core)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.senders = Receivers(shape.publishers)
        self._own = receivers is None
        self.receivers = receivers or Receivers(shape.subscribers)
        self.publishers = [Publisher(shape, index) for index in range(shape.publishers)]

    def __enter__(self) -> "Node":
        self.address = ("127.0.0.1", self.ask("port"))
        self.receivers.drain()
        self.check()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE_S)
        self._process.stdout.close()
        self.senders.close()
        if self._own:
            self.receivers.close()

    def ask(self, question: str) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    @property
    def sockets(self) -> list[Any]:
        return [*self.senders.sockets, *self.receivers.sockets]

    def check(self) -> None:
        """A connectivity check from everybody; returns when all are connected."""
        end = time.monotonic() + PATIENCE_S
        for index, it in enumerate(self.sockets):
            username, password = f"ufrag{index}:remote", f"password{index:014}"
            check = binding_request(username=username, password=password, transaction=os.urandom(12))
            it.sendto(check, self.address)
        while self.ask("connected") < len(self.sockets):
            if time.monotonic() > end:
                raise RuntimeError("not everybody was connected")
            time.sleep(0.02)
        for it in self.senders.sockets:
            it.settimeout(PATIENCE_S)

    def admit(self, count: int) -> None:
        self.ask(f"admit {count}")
        self.receivers.add(count)
        self.check()

    def send(self, index: int, datagrams: list[bytes]) -> None:
        for datagram in datagrams:
            self.senders.sockets[index].sendto(datagram, self.address)

    @property
    def sample(self) -> Any:
        """A socket that gets the packets of publisher 0."""
        return self.senders.sockets[1] if self.shape.is_meeting else self.receivers.sockets[0]


def receive(sample: Any, count: int) -> int:
    """How many media packets of a burst reach the sampled subscriber."""
    found = 0
    while found < count:
        try:
            datagram = sample.recv(4096)
        except TimeoutError:
            break
        found += datagram[0] >= 128 and not 192 <= datagram[1] <= 223
    return found
