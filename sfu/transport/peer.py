"""One transport of one participant: ICE-lite in the data plane, DTLS and data channels here.

Life: opened, negotiated, connected, ended. A peer ends once, by `close` or by failing; whatever it does
wrong ends only itself. Every wait for the other side has a limit.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from sfu._dataplane import Dataplane, DataplaneError
from sfu.ids import TransportId
from sfu.media import DataKind
from sfu.sdp.local import LocalTransport, RemoteTransport
from sfu.transport.dtls import Certificate, DtlsTransport
from sfu.transport.endpoint import Endpoint
from sfu.transport.sctp import DataChannels

logger = logging.getLogger(__name__)

# RFC 8445 5.3: at least 24 and 128 bits
UFRAG_BYTES = 6
PWD_BYTES = 18


class PeerListener(Protocol):
    def on_connected(self) -> None: ...

    def on_data(self, kind: DataKind, payload: bytes) -> None: ...

    def on_failed(self, reason: str) -> None: ...

    def on_path(self) -> None: ...

    def on_path_lost(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerLimits:
    negotiation_s: float
    handshake_s: float


class Peer:
    def __init__(
        self,
        network: "Network",
        listener: PeerListener,
        *,
        creates_channels: bool,
    ) -> None:
        self._plane = network.plane
        self._limits = network.limits
        self._listener = listener
        ufrag, pwd = _credentials()
        self.transport = TransportId(self._plane.open_transport(local_ufrag=ufrag, local_pwd=pwd))
        self.local = LocalTransport(
            session_id=secrets.randbits(62),
            ufrag=ufrag,
            pwd=pwd,
            fingerprint=network.certificate.fingerprint,
            addresses=network.addresses,
            tcp_addresses=network.tcp_addresses,
        )
        self._endpoint = Endpoint(self._send_dtls)
        self._dtls = DtlsTransport(self._endpoint, network.certificate)
        self._data = DataChannels(self._dtls, listener.on_data, self._give_up, creates=creates_channels)
        self._remote: RemoteTransport | None = None
        self._is_server = True
        self._max_message_size = 0
        self._negotiated = asyncio.Event()
        self._has_data = asyncio.Event()
        self._ended = asyncio.Event()
        # until the peer has nominated a path under the newest credentials
        self._is_restarting = False

    @property
    def is_restarting(self) -> bool:
        """Whether the peer has yet to come by the newest credentials."""
        return self._is_restarting

    @property
    def remote(self) -> RemoteTransport | None:
        return self._remote

    def negotiate(self, remote: RemoteTransport, *, is_server: bool, max_message_size: int) -> None:
        """Both descriptions are known; later calls only add data channels (`max_message_size` > 0)."""
        if self._remote is None:
            self._is_server = is_server
        self._remote = remote
        if max_message_size:
            self._max_message_size = max_message_size
            self._has_data.set()
        self._negotiated.set()

    def restart_ice(self) -> None:
        """Other credentials from the next description on; DTLS and all that it carries stay."""
        if self._ended.is_set():
            return
        ufrag, pwd = _credentials()
        try:
            self._plane.restart_ice(self.transport, local_ufrag=ufrag, local_pwd=pwd)
        except DataplaneError:
            # it is just being closed
            return
        self.local = replace(self.local, ufrag=ufrag, pwd=pwd)
        self._is_restarting = True

    def handle_path(self) -> None:
        """The peer has a path, the first or another one."""
        self._is_restarting = False
        if not self._ended.is_set():
            self._listener.on_path()

    def handle_path_lost(self) -> None:
        """Consent has run out."""
        if not self._ended.is_set():
            self._listener.on_path_lost()

    def _send_dtls(self, datagram: bytes) -> bool:
        try:
            return self._plane.send_dtls(self.transport, datagram)
        except DataplaneError as error:
            raise ConnectionError(str(error)) from error

    def handle_datagram(self, datagram: bytes) -> None:
        self._endpoint.handle_datagram(datagram)

    def send(self, kind: DataKind, payload: bytes) -> bool:
        return self._data.send(kind, payload)

    def _give_up(self) -> None:
        logger.warning("a peer that reads no data is cut off")
        self.fail("reads no data")

    def close(self) -> None:
        self._ended.set()

    def fail(self, reason: str) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._listener.on_failed(reason)

    async def run(self) -> None:
        """The whole life; returns when the peer has ended and nothing of it is left."""
        try:
            async with asyncio.TaskGroup() as group:
                work = group.create_task(self._work(group))
                await self._ended.wait()
                # a cancellation alone may be lost: aiortc waits with asyncio.wait_for, which up to Python 3.11 returns
                # a datagram that came in the same turn instead
                self._endpoint.hang_up()
                work.cancel()
        finally:
            try:
                await self._data.stop()
                await self._dtls.shutdown()
            finally:
                self._plane.close_transport(self.transport)

    async def _work(self, group: asyncio.TaskGroup) -> None:
        # no group of its own: one that is cancelled keeps itself and all of this alive until a collection (Python 3.11)
        try:
            async with asyncio.timeout(self._limits.negotiation_s):
                await self._negotiated.wait()
            await self._connect()
            channels = group.create_task(self._open_channels())
            try:
                await self._dtls.pump()
            finally:
                channels.cancel()
            self.fail("closed by the peer")
        except TimeoutError:
            self.fail("no connection in time")
        except ConnectionError as error:
            self.fail(str(error))
        except Exception:
            self._fail_internally()

    def _fail_internally(self) -> None:
        logger.exception("a transport failed")
        self.fail("internal error")

    async def _connect(self) -> None:
        assert self._remote is not None
        # no asyncio.timeout: it cancels, which may be lost here
        limit = asyncio.get_running_loop().call_later(self._limits.handshake_s, self.fail, "no connection in time")
        try:
            keys = await self._dtls.handshake(self._remote.fingerprints, is_server=self._is_server)
        finally:
            limit.cancel()
        if self._ended.is_set():
            raise ConnectionError("ended before it was connected")
        self._plane.set_keys(
            self.transport,
            profile=keys.profile,
            local_key=keys.local_key,
            local_salt=keys.local_salt,
            remote_key=keys.remote_key,
            remote_salt=keys.remote_salt,
        )
        self._listener.on_connected()

    async def _open_channels(self) -> None:
        """A later description may be the first with data channels."""
        try:
            await self._has_data.wait()
            await self._data.start(self._max_message_size)
        except ConnectionError as error:
            self.fail(str(error))
        except Exception:
            self._fail_internally()


class Network:
    """What all peers of a node share: the data plane, the certificate, the addresses, and who runs them."""

    def __init__(
        self,
        plane: Dataplane,
        *,
        addresses: tuple[tuple[str, int], ...],
        tcp_addresses: tuple[tuple[str, int], ...] = (),
        limits: PeerLimits,
        spawn: Callable[[Peer], None],
    ) -> None:
        self.plane = plane
        self.addresses = addresses
        self.tcp_addresses = tcp_addresses
        self.limits = limits
        self.certificate = Certificate()
        self._spawn = spawn

    def open(self, listener: PeerListener, *, creates_channels: bool) -> Peer:
        peer = Peer(self, listener, creates_channels=creates_channels)
        self._spawn(peer)
        return peer


def _credentials() -> tuple[str, str]:
    """A fresh ufrag and password."""
    ufrag, pwd = secrets.token_urlsafe(UFRAG_BYTES), secrets.token_urlsafe(PWD_BYTES)
    # token_urlsafe has '-' and '_', which are no ice-char
    ufrag, pwd = (text.replace("-", "+").replace("_", "/") for text in (ufrag, pwd))
    return ufrag, pwd
