"""Offers, answers and transports for tests of the session description parts."""

from pathlib import Path

from sfu.sdp.local import LocalTransport

FIXTURES = Path(__file__).parent / "fixtures"
FINGERPRINT = ":".join(["AB"] * 32)


def chrome_offer() -> str:
    return (FIXTURES / "chrome_156_simulcast_offer.sdp").read_text()


def a_local_transport() -> LocalTransport:
    return LocalTransport(
        session_id=42,
        ufrag="ufrg",
        pwd="p" * 24,
        fingerprint=f"sha-256 {FINGERPRINT}",
        addresses=(("192.0.2.1", 7882), ("2001:db8::1", 7882)),
    )


def a_description(*sections: str, setup: str = "actpass", fingerprint: str = FINGERPRINT) -> str:
    head = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=setup:{setup}", "a=ice-ufrag:abcd"]
    if fingerprint:
        head.append(f"a=fingerprint:sha-256 {fingerprint}")
    return "\r\n".join(head + [section.replace("\n", "\r\n") for section in sections]) + "\r\n"


def an_audio_section(mid: str = "0", direction: str = "sendonly", *extra: str) -> str:
    lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", f"a=mid:{mid}", f"a={direction}", "a=rtpmap:111 opus/48000/2"]
    return "\n".join([*lines, *extra])


def a_video_section(mid: str = "1", direction: str = "sendonly", *extra: str) -> str:
    lines = [
        "m=video 9 UDP/TLS/RTP/SAVPF 96 97",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtpmap:96 VP8/90000",
        "a=rtcp-fb:96 nack pli",
        "a=rtpmap:97 rtx/90000",
        "a=fmtp:97 apt=96",
    ]
    return "\n".join([*lines, *extra])
