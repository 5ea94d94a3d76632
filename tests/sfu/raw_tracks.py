"""Tracks between raw peers, and the packets that these send on them."""

from typing import Any

from sfu._dataplane import Dataplane
from tests.sfu.raw_peer import RawPeer, wait_until
from tests.sfu.wire import Rtp, vp8_payload

MID, RID, LEVEL, TRANSPORT_CC = 1, 2, 3, 4
UP_SSRC, UP_RTX_SSRC = 1000, 1001
DOWN_SSRC, DOWN_RTX_SSRC = 2000, 2001
PT, RTX_PT = 96, 97


def open_up(dataplane: Dataplane, peer: RawPeer, **changes: Any) -> int:
    properties: dict[str, Any] = {
        "kind": "video",
        "codec": "vp8",
        "clock_rate": 90_000,
        "payload_type": PT,
        "rtx_payload_type": RTX_PT,
        "mid": "v",
        "extensions": {"mid": MID, "rid": RID},
        "encodings": [("", UP_SSRC, UP_RTX_SSRC)],
    }
    return dataplane.open_up_track(peer.transport, **properties | changes)


def open_down(dataplane: Dataplane, peer: RawPeer, up_track: int, **changes: Any) -> int:
    properties: dict[str, Any] = {
        "ssrc": DOWN_SSRC,
        "rtx_ssrc": DOWN_RTX_SSRC,
        "payload_type": 100,
        "rtx_payload_type": 101,
        "mid": "7",
        "extensions": {"mid": 5},
    }
    return dataplane.open_down_track(peer.transport, up_track, **properties | changes)


def open_audio(dataplane: Dataplane, publisher: RawPeer, subscriber: RawPeer) -> tuple[int, int]:
    """An audio track and its subscription."""
    up_track = open_up(
        dataplane,
        publisher,
        kind="audio",
        codec="opus",
        clock_rate=48_000,
        rtx_payload_type=None,
        extensions={"mid": MID, "audio_level": LEVEL},
        encodings=[("", UP_SSRC, 0)],
    )
    return up_track, open_down(dataplane, subscriber, up_track, rtx_ssrc=0, rtx_payload_type=0)


def video(sequence: int, *, ssrc: int = UP_SSRC, is_key: bool = False, rid: str = "") -> Rtp:
    """A frame of one packet."""
    extensions = {RID: rid.encode(), MID: b"v"} if rid else {}
    return Rtp(
        payload_type=PT,
        sequence=sequence,
        timestamp=90_000 + sequence * 3000,
        ssrc=ssrc,
        payload=vp8_payload(sequence, is_key=is_key, filler=b"%d:%d" % (ssrc, sequence)),
        marker=True,
        extensions=extensions,
    )


def audio(sequence: int, payload: bytes = b"speech", *, level: int = 30) -> Rtp:
    return Rtp(
        payload_type=PT,
        sequence=sequence,
        timestamp=sequence * 960,
        ssrc=UP_SSRC,
        payload=payload,
        extensions={LEVEL: bytes([0x80 | level])},
    )


def resent(lost: Rtp) -> Rtp:
    """The packet again, as a publisher repairs it (RFC 4588)."""
    return Rtp(
        payload_type=RTX_PT,
        sequence=1,
        timestamp=lost.timestamp,
        ssrc=UP_RTX_SSRC,
        payload=lost.sequence.to_bytes(2, "big") + lost.payload,
        marker=lost.marker,
    )


def filler(packet: Rtp) -> bytes:
    return packet.payload[5:]


def wait_for_packets(dataplane: Dataplane, up_track: int, count: int) -> None:
    """Until the track has taken so many."""
    wait_until(lambda: dataplane.up_track_stats(up_track).packets >= count)
