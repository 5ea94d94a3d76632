"""One 5-tuple towards a media node, scripted packet by packet: STUN, DTLS as client, SRTP by libsrtp.

It does what it is told, right or wrong; `connect` and `handshake` do it right, which an attacker needs who has a seat
in a room.
"""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self, TypeVar

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    SRTPProtectionProfile,
)
from OpenSSL import SSL
from pylibsrtp import Error as SrtpError
from pylibsrtp import Policy, Session

from tests.sfu.wire import Rtcp, Rtp, binding_request, parse_rtcp

PROFILES = (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80)
EXPORTER = b"EXTRACTOR-dtls_srtp"
PATIENCE_S = 15.0
CHECK_EVERY_S = 2.0
T = TypeVar("T")


class Refused(Exception):
    """The other side did not go along."""


class Association(asyncio.DatagramProtocol):
    """Made by `open`; `close` ends it."""

    def __init__(
        self,
        ufrag: str,
        pwd: str,
        *,
        certificate: RTCCertificate | None = None,
        news: asyncio.Event | None = None,
    ) -> None:
        self.ufrag, self.pwd = ufrag, pwd
        self.certificate = certificate or RTCCertificate.generateCertificate()
        self.rtp: list[Rtp] = []
        self.rtcp: list[Rtcp] = []
        self.stun: list[bytes] = []
        self.dtls: asyncio.Queue[bytes] = asyncio.Queue()
        self.undecipherable = 0
        self.ssl: SSL.Connection | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._outbound: Session | None = None
        self._inbound: Session | None = None
        self._news = news or asyncio.Event()
        self._checks: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, address: tuple[str, int], ufrag: str, pwd: str, **options: Any) -> Self:
        """A socket of its own towards `address`."""
        loop = asyncio.get_running_loop()
        _, association = await loop.create_datagram_endpoint(
            lambda: cls(ufrag, pwd, **options), remote_addr=address, local_addr=("127.0.0.1", 0)
        )
        return association

    @property
    def fingerprint(self) -> str:
        """As in `a=fingerprint`."""
        found = {each.algorithm: each.value for each in self.certificate.getFingerprints()}
        return f"sha-256 {found['sha-256']}"

    @property
    def local_port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        if self._checks is not None:
            self._checks.cancel()
        if self._transport is not None:
            self._transport.close()

    # asyncio.DatagramProtocol

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def error_received(self, exc: Exception) -> None:
        """A refused port of a node that has ended: the test will say so."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[0] < 4:
            self.stun.append(data)
        elif 20 <= data[0] < 64:
            self.dtls.put_nowait(data)
        elif self._inbound is not None:
            try:
                if 192 <= data[1] <= 223:
                    self.rtcp += parse_rtcp(self._inbound.unprotect_rtcp(data))
                else:
                    self.rtp.append(Rtp.parse(self._inbound.unprotect(data)))
            except SrtpError as error:
                # what is asked for twice comes byte for byte where there is no RTX: libsrtp calls that a replay
                if "replay" not in str(error):
                    self.undecipherable += 1
        self._news.set()

    async def until(self, found: Callable[[], T]) -> T:
        """Waits until `found` gives something true."""
        async with asyncio.timeout(PATIENCE_S):
            while not (result := found()):
                self._news.clear()
                await self._news.wait()
            return result

    # what it sends

    def send(self, datagram: bytes) -> None:
        assert self._transport is not None
        self._transport.sendto(datagram)

    def check(self, *, ufrag: str | None = None, pwd: str | None = None) -> bytes:
        """Sends a binding request; returns its transaction."""
        transaction = os.urandom(12)
        username = f"{self.ufrag if ufrag is None else ufrag}:scripted"
        self.send(binding_request(username=username, password=pwd or self.pwd, transaction=transaction))
        return transaction

    async def connect(self) -> None:
        """Checks until answered, and goes on checking, as consent wants it."""
        while not self.stun:
            self.check()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await self.until(lambda: self.stun)
        self._checks = asyncio.create_task(self._keep_consent())

    async def _keep_consent(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_S)
            self.check()

    async def handshake(self, *, context: SSL.Context | None = None, timeout_s: float = 0) -> None:
        """As DTLS client; then SRTP goes both ways. `Refused` when there is no finish (0: within the usual time)."""
        if context is None:
            context = self.certificate._create_ssl_context(srtp_profiles=list(PROFILES))
        self.ssl = SSL.Connection(context)
        self.ssl.set_connect_state()
        try:
            async with asyncio.timeout(timeout_s or PATIENCE_S):
                while not self._step():
                    with suppress(TimeoutError):
                        wait_s = self.ssl.DTLSv1_get_timeout()
                        async with asyncio.timeout(wait_s or 1.0):
                            self.ssl.bio_write(await self.dtls.get())
                        continue
                    self.ssl.DTLSv1_handle_timeout()
        except (SSL.Error, TimeoutError) as error:
            raise Refused(str(error)) from error
        self._begin_srtp(self.ssl)

    def _step(self) -> bool:
        assert self.ssl is not None
        try:
            self.ssl.do_handshake()
            return True
        except SSL.WantReadError:
            return False
        finally:
            self.flush()

    def flush(self) -> None:
        """Sends what the DTLS connection has written."""
        assert self.ssl is not None
        with suppress(SSL.Error):
            while data := self.ssl.bio_read(1400):
                self.send(data)

    def _begin_srtp(self, ssl: SSL.Connection) -> None:
        name = ssl.get_selected_srtp_profile()
        profile = next((each for each in PROFILES if each.openssl_profile == name), None)
        if profile is None:
            raise Refused(f"SRTP profile {name!r}")
        keys = ssl.export_keying_material(EXPORTER, 2 * (profile.key_length + profile.salt_length))
        self._outbound = _session(profile, b"".join(_pair(profile, keys, 0)), Policy.SSRC_ANY_OUTBOUND)
        self._inbound = _session(profile, b"".join(_pair(profile, keys, 1)), Policy.SSRC_ANY_INBOUND)

    def send_data(self, data: bytes) -> None:
        """A DTLS record."""
        assert self.ssl is not None
        self.ssl.send(data)
        self.flush()

    def protect(self, packet: Rtp | bytes) -> bytes:
        assert self._outbound is not None
        return bytes(self._outbound.protect(packet.pack() if isinstance(packet, Rtp) else packet))

    def protect_rtcp(self, compound: bytes) -> bytes:
        assert self._outbound is not None
        return bytes(self._outbound.protect_rtcp(compound))

    def send_rtp(self, packet: Rtp) -> None:
        self.send(self.protect(packet))

    def send_rtcp(self, *packets: bytes) -> None:
        self.send(self.protect_rtcp(b"".join(packets)))


def _pair(profile: SRTPProtectionProfile, keys: bytes, index: int) -> tuple[bytes, bytes]:
    length, salt = profile.key_length, profile.salt_length
    key = keys[index * length : (index + 1) * length]
    return key, keys[2 * length + index * salt : 2 * length + (index + 1) * salt]


def _session(profile: SRTPProtectionProfile, key: bytes, direction: int) -> Session:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile.libsrtp_profile)
    policy.allow_repeat_tx = True
    policy.window_size = 1024
    return Session(policy=policy)
