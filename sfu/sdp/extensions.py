"""RTP header extensions we understand: their URIs, and the names the data plane gives them."""

from sfu.sdp.description import MediaSection, SessionDescription

URIS = {
    "mid": "urn:ietf:params:rtp-hdrext:sdes:mid",
    "rid": "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id",
    "repaired_rid": "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id",
    "audio_level": "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "transport_cc": "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    "abs_send_time": "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
    "abs_capture_time": "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time",
    "dependency_descriptor": "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
}
NAMES = {uri: name for name, uri in URIS.items()}

# ids of what we offer; one number means the same in every section of a bundle
DOWN_AUDIO = {"mid": 1, "transport_cc": 2, "audio_level": 3, "abs_capture_time": 4}
DOWN_VIDEO = {"mid": 1, "transport_cc": 2, "abs_capture_time": 4, "dependency_descriptor": 5, "abs_send_time": 6}

# both header forms on one stream (RFC 8285, 6): a dependency descriptor with its structure is too long for the short
ALLOW_MIXED = "extmap-allow-mixed"

# one-byte headers (RFC 8285) have no id above this
MAX_ID = 14


def offered(section: MediaSection) -> dict[str, int]:
    """The extensions of a section that we understand, with the ids its offerer chose."""
    found: dict[str, int] = {}
    for value in section.values("extmap"):
        number, _, uri = value.partition(" ")
        number = number.partition("/")[0]
        name = NAMES.get(uri.split(" ")[0])
        if name and number.isascii() and number.isdigit() and 0 < int(number[:4]) <= MAX_ID:
            found.setdefault(name, int(number))
    return found


def read(section: MediaSection) -> dict[str, int]:
    """Of what a publisher offers, the extensions that we make use of."""
    return {name: number for name, number in offered(section).items() if name != "abs_send_time"}


def add_extensions(section: MediaSection, extensions: dict[str, int]) -> None:
    for name, number in extensions.items():
        section.add("extmap", f"{number} {URIS[name]}")


def allow_mixed(description: SessionDescription) -> None:
    description.attributes.append((ALLOW_MIXED, None))


def allows_mixed(description: SessionDescription) -> bool:
    """For all of its sections."""
    is_media = [section for section in description.media if section.kind in ("audio", "video")]
    return any(name == ALLOW_MIXED for name, _ in description.attributes) or (
        bool(is_media) and all(section.has(ALLOW_MIXED) for section in is_media)
    )


def down(kind: str) -> dict[str, int]:
    """What we send in sections of that kind."""
    return DOWN_AUDIO if kind == "audio" else DOWN_VIDEO


def understood(theirs: dict[str, int], kind: str, *, is_mixed: bool, has_feedback: bool) -> dict[str, int]:
    """Of the extensions we send those the peer knows, under its numbers.

    Transport-wide numbers need `has_feedback`, that the peer tells of them by RTCP. The time of sending goes only to
    who does not: it makes its REMB of it.
    """
    is_numbered = has_feedback and "transport_cc" in theirs
    left_out = {
        "dependency_descriptor": not is_mixed,
        "transport_cc": not is_numbered,
        "abs_send_time": is_numbered,
    }
    known = down(kind)
    return {name: number for name, number in theirs.items() if name in known and not left_out.get(name)}
