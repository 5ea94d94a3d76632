"""The sockets of the subscribers. All but the first are never read: the kernel drops for every measurement alike."""

import socket
from types import TracebackType

SMALL_BUFFER = 4096


class Receivers:
    def __init__(self, count: int) -> None:
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
        for index, it in enumerate(self.sockets):
            it.bind(("127.0.0.1", 0))
            it.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20 if index == 0 else SMALL_BUFFER)
        self.ports = [int(it.getsockname()[1]) for it in self.sockets]

    def drain(self) -> None:
        for it in self.sockets:
            it.setblocking(False)
            try:
                while True:
                    it.recv(4096)
            except BlockingIOError:
                pass

    def __enter__(self) -> "Receivers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for it in self.sockets:
            it.close()
