"""A peer that reaches the data plane over TCP: frames of RFC 4571 where `RawPeer` has datagrams."""

import socket

from sfu._dataplane import Dataplane
from tests.sfu.raw_peer import PATIENCE_S, RawPeer


class StreamPeer(RawPeer):
    """`connect_stream` before anything else; again for another connection."""

    def __init__(self, dataplane: Dataplane, *, receive_bytes: int | None = None) -> None:
        super().__init__(dataplane)
        self._receive_bytes = receive_bytes
        self._frames = b""
        self.connect_stream()

    def connect_stream(self) -> None:
        self.socket.close()
        self.socket = socket.socket()
        if self._receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_bytes)
        self.socket.settimeout(PATIENCE_S)
        assert self.dataplane.local_tcp_port is not None
        self.socket.connect(("127.0.0.1", self.dataplane.local_tcp_port))
        self._frames = b""

    def send(self, datagram: bytes) -> None:
        self.socket.sendall(len(datagram).to_bytes(2, "big") + datagram)

    def is_closed_by_server(self) -> bool:
        """Waits for the end of the stream."""
        self.socket.settimeout(PATIENCE_S)
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

    def _next_datagram(self) -> bytes:
        while True:
            length = 2 + int.from_bytes(self._frames[:2], "big")
            if len(self._frames) >= max(2, length):
                frame, self._frames = self._frames[2:length], self._frames[length:]
                return frame
            received = self.socket.recv(65536)
            if not received:
                raise ConnectionError("the server has closed the connection")
            self._frames += received
