"""A peer without WebRTC library: one UDP socket, STUN, and libsrtp as an independent judge of our SRTP."""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from pylibsrtp import Policy, Session

from sfu._dataplane import Dataplane, Event
from tests.sfu.wire import Rtcp, Rtp, binding_request, mapped_port, parse_rtcp

SALT_BYTES = {"AEAD_AES_128_GCM": 12, "AES128_CM_SHA1_80": 14}
LIBSRTP = {
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AES128_CM_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
}
PATIENCE_S = 10.0
# LOPHOP_TEST_THREADS=2 runs every test of the data plane with publisher and subscriber in different media threads
THREADS = int(os.environ.get("LOPHOP_TEST_THREADS", "1"))
T = TypeVar("T")


class RawPeer:
    """Opens its own transport at the data plane; `connect` checks it, `set_keys` gives both sides the same keys."""

    def __init__(self, dataplane: Dataplane, *, profile: str = "AEAD_AES_128_GCM") -> None:
        self.dataplane = dataplane
        self.profile = profile
        if THREADS > 1:
            # transports are placed in pairs, as a participant opens them: the next peer is to live in another thread
            dataplane.open_transport(local_ufrag=secrets.token_hex(4), local_pwd=secrets.token_hex(16))
        self.ufrag, self.pwd = secrets.token_hex(4), secrets.token_hex(16)
        self.transport = dataplane.open_transport(local_ufrag=self.ufrag, local_pwd=self.pwd)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = ("127.0.0.1", dataplane.local_port)
        self._outbound: Session | None = None
        self._inbound: Session | None = None
        self._rtp: list[Rtp] = []
        self._rtcp: list[Rtcp] = []
        self._dtls: list[bytes] = []
        self._stun: list[bytes] = []

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])

    def close(self) -> None:
        self.socket.close()

    def check(self, *, pwd: str | None = None, ufrag: str | None = None) -> bytes:
        """Sends a binding request; returns its transaction."""
        transaction = os.urandom(12)
        username = f"{ufrag or self.ufrag}:remote"
        request = binding_request(username=username, password=pwd or self.pwd, transaction=transaction)
        self.send(request)
        return transaction

    def connect(self) -> None:
        transaction = self.check()
        response = self._take(self._stun, lambda _: True)
        assert mapped_port(response, password=self.pwd, transaction=transaction) == self.port

    def establish(self) -> None:
        """Ready for media."""
        self.connect()
        self.set_keys()

    def set_keys(self) -> None:
        salt = SALT_BYTES[self.profile]
        keys = [(os.urandom(16), os.urandom(salt)) for _ in range(2)]
        (local_key, local_salt), (remote_key, remote_salt) = keys
        self.dataplane.set_keys(
            self.transport,
            profile=self.profile,
            local_key=local_key,
            local_salt=local_salt,
            remote_key=remote_key,
            remote_salt=remote_salt,
        )
        self._inbound = self._session(local_key + local_salt, Policy.SSRC_ANY_INBOUND)
        self._outbound = self._session(remote_key + remote_salt, Policy.SSRC_ANY_OUTBOUND)

    def _session(self, key: bytes, direction: int) -> Session:
        policy = Policy(key=key, ssrc_type=direction, srtp_profile=LIBSRTP[self.profile])
        policy.allow_repeat_tx = True
        policy.window_size = 1024
        return Session(policy=policy)

    def send(self, datagram: bytes) -> None:
        self.socket.sendto(datagram, self.address)

    def protect(self, packet: Rtp) -> bytes:
        assert self._outbound is not None
        return bytes(self._outbound.protect(packet.pack()))

    def send_rtp(self, packet: Rtp) -> None:
        self.send(self.protect(packet))

    def send_rtcp(self, *packets: bytes) -> None:
        assert self._outbound is not None
        self.send(self._outbound.protect_rtcp(b"".join(packets)))

    def rtp(self, wanted: Callable[[Rtp], bool] = lambda _: True) -> Rtp:
        """The first RTP packet, decrypted, that is wanted; waits for it."""
        return self._take(self._rtp, wanted)

    def rtcp(self, wanted: Callable[[Rtcp], bool]) -> Rtcp:
        return self._take(self._rtcp, wanted)

    def has_rtcp(self, wanted: Callable[[Rtcp], bool]) -> bool:
        """Whether such a packet has been received already."""
        return any(wanted(packet) for packet in self._rtcp)

    def dtls(self) -> bytes:
        return self._take(self._dtls, lambda _: True)

    def stun(self) -> bytes:
        return self._take(self._stun, lambda _: True)

    def everything_until(self, wanted: Callable[[Rtp], bool]) -> list[Rtp]:
        """RTP packets in order of arrival up to the wanted one."""
        found = [self.rtp()]
        while not wanted(found[-1]):
            found.append(self.rtp())
        return found

    def _take(self, found: list[T], wanted: Callable[[T], bool]) -> T:
        deadline = time.monotonic() + PATIENCE_S
        at = 0
        while True:
            while at < len(found):
                if wanted(found[at]):
                    return found.pop(at)
                at += 1
            self._receive(deadline)

    def _next_datagram(self) -> bytes:
        return self.socket.recv(4096)

    def _receive(self, deadline: float) -> None:
        self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            datagram = self._next_datagram()
        except TimeoutError:
            raise AssertionError("what was waited for did not come") from None
        if datagram[0] < 4:
            self._stun.append(datagram)
        elif 20 <= datagram[0] < 64:
            self._dtls.append(datagram)
        elif self._inbound is not None and 192 <= datagram[1] <= 223:
            self._rtcp += parse_rtcp(self._inbound.unprotect_rtcp(datagram))
        elif self._inbound is not None:
            self._rtp.append(Rtp.parse(self._inbound.unprotect(datagram)))


@contextmanager
def raw_peers(dataplane: Dataplane, count: int, *, profile: str = "AEAD_AES_128_GCM") -> Iterator[list[RawPeer]]:
    """So many peers, each ready for media."""
    peers = [RawPeer(dataplane, profile=profile) for _ in range(count)]
    try:
        for peer in peers:
            peer.establish()
        yield peers
    finally:
        for peer in peers:
            peer.close()


def wait_for_event(dataplane: Dataplane, wanted: Callable[[Event], bool]) -> Event:
    """The first event that is wanted; those before it are lost."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for event in dataplane.drain_events():
            if wanted(event):
                return event
        time.sleep(0.002)
    raise AssertionError("the event did not come")


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)
