"""DTLS-SRTP by aiortc's transport over an `Endpoint`; the exported keys go to the data plane.

The peer's certificate must match a fingerprint of its description before any key is used.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)
from OpenSSL import SSL

from sfu.transport.endpoint import Endpoint

PROFILES = [SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80]
PROFILE_NAMES = {
    SRTP_AEAD_AES_128_GCM.openssl_profile: "AEAD_AES_128_GCM",
    SRTP_AES128_CM_SHA1_80.openssl_profile: "AES128_CM_SHA1_80",
}
# gives back the record buffers between datagrams: a transport is idle most of its life
SSL_MODE_RELEASE_BUFFERS = 0x10
EXPORTER_LABEL = b"EXTRACTOR-dtls_srtp"


@dataclass(frozen=True, slots=True, kw_only=True)
class SrtpKeys:
    profile: str
    local_key: bytes
    local_salt: bytes
    remote_key: bytes
    remote_salt: bytes


class Certificate:
    """An ECDSA certificate for the life of the process, with the one TLS context made of it."""

    def __init__(self) -> None:
        self.inner = RTCCertificate.generateCertificate()
        self.context: SSL.Context = self.inner._create_ssl_context(srtp_profiles=PROFILES)
        self.context.set_mode(SSL_MODE_RELEASE_BUFFERS)

    @property
    def fingerprint(self) -> str:
        """As in `a=fingerprint`."""
        for each in self.inner.getFingerprints():
            if each.algorithm == "sha-256":
                return f"{each.algorithm} {each.value}"
        raise AssertionError("every certificate has a sha-256 fingerprint")


class DtlsTransport(RTCDtlsTransport):
    """`handshake` once, then `pump` until the peer or we close."""

    def __init__(self, endpoint: Endpoint, certificate: Certificate) -> None:
        # an Endpoint has all that aiortc asks of its ICE transport: role, _recv, _send
        super().__init__(endpoint, [certificate.inner])  # type: ignore[arg-type]
        self._context = certificate.context
        self._endpoint = endpoint

    async def handshake(self, fingerprints: Sequence[tuple[str, str]], *, is_server: bool) -> SrtpKeys:
        """ConnectionError when it fails: no common profile, or a certificate that was not announced."""
        self._set_role("server" if is_server else "client")
        self._ssl = connection = SSL.Connection(self._context)
        if is_server:
            connection.set_accept_state()
        else:
            connection.set_connect_state()
        self._set_state(State.CONNECTING)
        await self._do_handshake()
        if self.state == "failed":
            raise ConnectionError("DTLS handshake failed")
        announced = [RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints]
        self._validate_peer_identity(RTCDtlsParameters(fingerprints=announced))
        if self.state == "failed":
            raise ConnectionError("the peer's certificate is not the announced one")
        keys = self._export_keys(connection)
        self._set_state(State.CONNECTED)
        return keys

    def _export_keys(self, connection: SSL.Connection) -> SrtpKeys:
        """RFC 5764 4.2: client key, server key, client salt, server salt."""
        selected = connection.get_selected_srtp_profile()
        for profile in PROFILES:
            if profile.openssl_profile == selected:
                break
        else:
            self._set_state(State.FAILED)
            raise ConnectionError("no SRTP profile in common")
        length, salt = profile.key_length, profile.salt_length
        exported = connection.export_keying_material(EXPORTER_LABEL, 2 * (length + salt))
        both = [profile.get_key_and_salt(exported, index) for index in (0, 1)]
        if self._role == "server":
            both.reverse()
        local, remote = both
        return SrtpKeys(
            profile=PROFILE_NAMES[profile.openssl_profile],
            local_key=local[:length],
            local_salt=local[length:],
            remote_key=remote[:length],
            remote_salt=remote[length:],
        )

    async def pump(self) -> None:
        """Hands records to the data channels until the peer says goodbye or the endpoint is closed."""
        try:
            while True:
                await self._recv_next()
        except ConnectionError:
            pass
        finally:
            self._set_state(State.CLOSED)

    async def shutdown(self) -> None:
        """Tells the peer, as far as it can still be told, and takes no more datagrams."""
        if self._ssl is not None and self._state is not State.FAILED:
            try:
                self._ssl.shutdown()
                await self._write_ssl()
            except (SSL.Error, ConnectionError, asyncio.CancelledError):
                pass
        self._set_state(State.CLOSED)
        self._endpoint.close()
        self.remove_all_listeners()
        # what OpenSSL keeps is large, and not seen by the collector that would otherwise have to find it
        self._ssl = None
        self._data_receiver = None
