"""Sockets of peers. All but the first are never read: the kernel drops for every measurement alike."""

import socket
from types import TracebackType

LARGE_BUFFER, SMALL_BUFFER = 4 * 2**20, 4096


class Receivers:
    def __init__(self, count: int) -> None:
        self.sockets: list[socket.socket] = []
        self.add(count)

    @property
    def ports(self) -> list[int]:
        return [int(it.getsockname()[1]) for it in self.sockets]

    def add(self, count: int) -> None:
        for _ in range(count):
            it = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            it.bind(("127.0.0.1", 0))
            size = LARGE_BUFFER if len(self.sockets) < 2 else SMALL_BUFFER
            it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
            self.sockets.append(it)

    @staticmethod
    def enlarge(it: socket.socket) -> None:
        """For one that will be read."""
        it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE_BUFFER)

    def drain(self) -> None:
        for it in self.sockets:
            it.setblocking(False)
            try:
                while True:
                    it.recv(4096)
            except BlockingIOError:
                pass

    def close(self) -> None:
        for it in self.sockets:
            it.close()

    def __enter__(self) -> "Receivers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
