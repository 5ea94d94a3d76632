"""What our side of a transport says of itself in every description: ICE-lite, candidates, fingerprint."""

from dataclasses import dataclass

from sfu.errors import SdpError
from sfu.sdp.description import MediaSection, SessionDescription

SCTP_PORT = 5000
MAX_MESSAGE_SIZE = 262144

# RFC 8445 5.1.2.1 for a host candidate, local preference 65535, component 1
HOST_PRIORITY = (126 << 24) | (65535 << 8) | 255
# RFC 6544 4.2: below every UDP candidate; direction preference 4 of a passive host candidate
TCP_PRIORITY = (90 << 24) | (((4 << 13) | 8191) << 8) | 255


# what a certificate is told by; older digests can be made to fit (RFC 8122, 5)
DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTransport:
    """`fingerprint` is `sha-256 AA:BB:…`; `addresses` are (ip, port) for UDP, `tcp_addresses` those for TCP."""

    session_id: int
    ufrag: str
    pwd: str
    fingerprint: str
    addresses: tuple[tuple[str, int], ...]
    tcp_addresses: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteTransport:
    """What the peer said of its side. `setup`: actpass, active or passive. `ufrag`, `pwd`: "" when not said."""

    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    ufrag: str = ""
    pwd: str = ""

    def restarts(self, earlier: "RemoteTransport") -> bool:
        """Whether the peer asks for an ICE restart (RFC 8839, 4.4.1.1.1: it changes both)."""
        return bool(self.ufrag) and (self.ufrag, self.pwd) != (earlier.ufrag, earlier.pwd)


def add_transport(section: MediaSection, local: LocalTransport, setup: str) -> None:
    section.add("ice-ufrag", local.ufrag)
    section.add("ice-pwd", local.pwd)
    section.add("fingerprint", local.fingerprint)
    section.add("setup", setup)


def add_candidates(section: MediaSection, local: LocalTransport) -> None:
    for index, (address, port) in enumerate(local.addresses):
        priority = HOST_PRIORITY - (index << 8)
        section.add("candidate", f"{index + 1} 1 udp {priority} {address} {port} typ host")
    for index, (address, port) in enumerate(local.tcp_addresses):
        priority = TCP_PRIORITY - (index << 8)
        foundation = len(local.addresses) + index + 1
        section.add("candidate", f"{foundation} 1 tcp {priority} {address} {port} typ host tcptype passive")
    section.add("end-of-candidates")


def add_data_channel(section: MediaSection) -> None:
    section.add("sctp-port", str(SCTP_PORT))
    section.add("max-message-size", str(MAX_MESSAGE_SIZE))


def finish(description: SessionDescription, local: LocalTransport) -> None:
    """Adds the bundle of all live sections, ICE-lite, and the candidates.

    The bundle's first section would do, but some clients keep the transport of another one.
    """
    live = [section for section in description.media if section.port]
    if live:
        description.attributes.append(("group", "BUNDLE " + " ".join(section.mid for section in live)))
        for section in live:
            add_candidates(section, local)
    description.attributes.append(("ice-lite", None))
    description.attributes.append(("msid-semantic", " WMS *"))


def remote_transport(description: SessionDescription) -> RemoteTransport:
    """The peer's fingerprints and DTLS role, from the first section that is not refused.

    Of two ICE-lite sides neither would ever check (RFC 8445, 6.1.1); digests that prove nothing are no fingerprint.
    """
    if any(name == "ice-lite" for name, _ in description.attributes) or any(
        s.has("ice-lite") for s in description.media
    ):
        raise SdpError("both sides would be ICE-lite")
    for section in description.media:
        if not section.port and not section.has("bundle-only"):
            continue
        own = section.values("fingerprint") or [
            value or "" for name, value in description.attributes if name == "fingerprint"
        ]
        fingerprints = tuple(_fingerprint(value) for value in own)
        setup = description.first("setup", section) or ""
        if not any(algorithm in DIGESTS for algorithm, _ in fingerprints):
            raise SdpError("no DTLS fingerprint that proves anything")
        if setup not in ("actpass", "active", "passive"):
            raise SdpError("no usable a=setup")
        return RemoteTransport(
            fingerprints=fingerprints,
            setup=setup,
            ufrag=description.first("ice-ufrag", section) or "",
            pwd=description.first("ice-pwd", section) or "",
        )
    raise SdpError("no live media section")


def _fingerprint(value: str) -> tuple[str, str]:
    algorithm, _, digest = value.partition(" ")
    return algorithm.lower(), digest.strip().upper()


def max_message_size(section: MediaSection) -> int:
    """What the peer accepts in one data message (RFC 8841: 64 KiB unless said otherwise)."""
    text = section.first("max-message-size") or ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 65536
