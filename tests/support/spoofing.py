"""Datagrams over loopback whose source address is not the sender's. Needs root, as the everyday run has."""

import socket
import struct
from typing import Self


def _checksum(data: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Spoofer:
    """`send(datagram, source)` to one address."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, datagram: bytes, source: tuple[str, int]) -> None:
        """As if `source` had sent it."""
        addresses = socket.inet_aton(source[0]), socket.inet_aton(self._target[0])
        udp = struct.pack("!HHHH", source[1], self._target[1], 8 + len(datagram), 0) + datagram
        head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, socket.IPPROTO_UDP, 0) + b"".join(addresses)
        head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
        # a checksum of zero says that there is none (RFC 768)
        self._socket.sendto(head + udp, (self._target[0], 0))


class Listener:
    """Counts what comes to an address that never asked for anything."""

    def __init__(self, host: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.setblocking(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.socket.getsockname()
        return str(host), int(port)

    def bytes_received(self) -> int:
        """Of all that waits."""
        total = 0
        while True:
            try:
                total += len(self.socket.recv(4096))
            except BlockingIOError:
                return total
