"""S09: RTCP that lies, is malformed or never ends (RFC 8834, 13): it bends nobody's picture but the liar's own."""

import asyncio
import struct
from collections.abc import Iterator

from tests.sfu.wire import nack, pli, receiver_report, rtcp, sender_report, transport_cc
from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.noise import Noise
from tests.support.scripted_person import Section, a_scripted_person

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=8001)
VIDEO = Section(kind="video", mid="1", cid="video", ssrc=8002)
FLOODS = 40
ROUNDS = 3000
PLI_LIMIT_PER_S = 2.5
"""Twice a second for each encoding, and room for the first."""


def remb(mantissa: int, exponent: int, ssrcs: tuple[int, ...], count: int | None = None) -> bytes:
    number = len(ssrcs) if count is None else count
    body = struct.pack("!II4sI", 1, 0, b"REMB", number << 24 | exponent << 18 | mantissa)
    return rtcp(206, 15, body + b"".join(struct.pack("!I", ssrc) for ssrc in ssrcs))


def malformed(ssrc: int) -> Iterator[tuple[str, bytes]]:
    """Each cannot be read to its end."""
    whole = receiver_report(1, ssrc, 5)
    yield "31 reports, room for one", bytes([0x9F]) + whole[1:]
    yield "31 goodbyes, room for one", rtcp(203, 31, struct.pack("!I", ssrc))
    yield "length beyond the end", whole[:2] + b"\xff\xff" + whole[4:]
    yield "length of nothing", whole[:2] + b"\0\0" + whole[4:]
    yield "a second packet cut short", whole + sender_report(1, 2, 3)[:12]
    yield "version 0", bytes([whole[0] & 0x3F]) + whole[1:]
    yield "version 3", bytes([whole[0] | 0xC0]) + whole[1:]
    yield "padding longer than the packet", bytes([whole[0] | 0x20]) + whole[1:-1] + b"\xff"
    yield "REMB count beyond its end", remb(100, 1, (ssrc,), count=255)
    yield "REMB without SSRC", remb(100, 1, ())
    yield "REMB under another name", remb(100, 1, (ssrc,)).replace(b"REMB", b"REMX")
    yield "NACK without items", rtcp(205, 1, struct.pack("!II", 1, ssrc))
    yield "NACK of odd length", rtcp(205, 1, struct.pack("!IIH", 1, ssrc, 1) + bytes(2))
    yield "FIR without items", rtcp(206, 4, struct.pack("!II", 1, 0))
    yield "feedback of four bytes", rtcp(205, 1, bytes(4))
    yield "SDES without end", rtcp(202, 31, struct.pack("!I", ssrc) + b"\1\xff" + b"x" * 6)
    yield "APP of no name", rtcp(204, 0, struct.pack("!I", ssrc))
    yield "XR of a block beyond its end", rtcp(207, 0, struct.pack("!IBBH", ssrc, 4, 0, 0xFFFF))
    yield "a type nobody knows", rtcp(223, 5, bytes(40))
    for symbol in range(4):
        chunk = struct.pack("!H", symbol << 13 | 0x1FFF)
        head = struct.pack("!IIHHI", 1, ssrc, 0, 0xFFFF, 1 << 8)
        yield f"transport-wide run of symbol {symbol}", rtcp(205, 15, head + chunk + bytes(2))
        vector = struct.pack("!H", 0xC000 | 0x3FFF)
        yield "transport-wide vectors of symbol 3", rtcp(205, 15, head[:10] + b"\0\7" + head[12:] + vector + bytes(2))
    yield "transport-wide without chunks", rtcp(205, 15, struct.pack("!IIHHI", 1, ssrc, 0, 100, 0))
    yield "transport-wide that counts none", rtcp(205, 15, struct.pack("!IIHHI", 1, ssrc, 0, 0, 0) + bytes(4))


def lies(ssrc: int, number: int) -> Iterator[tuple[str, bytes]]:
    """Well-formed, about the liar's own streams."""
    yield "REMB of one bit", remb(1, 0, (ssrc,))
    yield "REMB of 2^81 bits", remb((1 << 18) - 1, 63, (ssrc,))
    yield "REMB of nothing", remb(0, 0, (ssrc,))
    yield "TMMBR of nothing", rtcp(205, 3, struct.pack("!IIII", 1, 0, ssrc, 0))
    yield "all is lost", rtcp(201, 1, struct.pack("!IIIIIII", 1, ssrc, 0xFF7FFFFF, 1 << 31, 1 << 31, 1, 1))
    yield "more lost than sent, backwards", rtcp(201, 1, struct.pack("!IIIIIII", 1, ssrc, 0xFF800000, 0, 0, 1, 0))
    yield "a round trip before the send", rtcp(201, 1, struct.pack("!IIIIIII", 1, ssrc, 0, 9, 9, 1 << 31, 1 << 31))
    yield "NACK of a whole window", nack(1, ssrc, range(number, number + 300))
    yield "NACK of the future", nack(1, ssrc, range(40_000, 40_300))
    yield "PLI", pli(1, ssrc)
    yield "FIR of one number", rtcp(206, 4, struct.pack("!IIIBBH", 1, 0, ssrc, 3, 0, 0))
    yield "FIR of falling numbers", rtcp(206, 4, struct.pack("!IIIBBH", 1, 0, ssrc, 200 - number % 200, 0, 0))
    yield "feedback about what was never sent", transport_cc(1, ssrc, 60_000 + number, 255)
    yield "feedback twice", transport_cc(1, ssrc, 0, 100) * 2
    yield "a sender report of the far future", sender_report(ssrc, (1 << 64) - 1, (1 << 32) - 1)
    yield "APP flood", rtcp(204, 1, struct.pack("!I4s", ssrc, b"eve!") + bytes(1000))
    yield "XR flood", rtcp(207, 0, struct.pack("!I", ssrc) + struct.pack("!BBH", 4, 0, 2) * 100)
    yield "goodbye of one's own", rtcp(203, 1, struct.pack("!I", ssrc))


async def test_rtcp_that_lies_bends_nobody_elses_picture(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S09 RTCP abuse")
    room = "rtcp"
    async with (
        a_scripted_person(node, "dung", room) as dung,
        a_scripted_person(node, "eve", room) as eve,
        a_scripted_person(node, "mai", room) as mai,
    ):
        source = await dung.publish(VOICE, VIDEO)
        async with dung.sending(VOICE, VIDEO):
            fair, own = await mai.receives_media(2), await eve.receives_media(2)
            loop = asyncio.get_running_loop()
            began, asked_before = loop.time(), sum(packet.type == 206 for packet in source.rtcp)
            for name, packet in _inputs({packet.ssrc for packet in own.rtp}):
                own.send_rtcp(packet)
                tally.tries(name)
                if tally.total % 40 == 0:
                    await asyncio.sleep(0.005)
            # SRTCP cut shorter than its index and tag
            sealed = own.protect_rtcp(receiver_report(1, 2, 3))
            for length in range(len(sealed)):
                own.send(sealed[:length])
                tally.tries("SRTCP cut short")
            before = len(fair.rtp)
            await fair.until(lambda: len(fair.rtp) > before + 100)
            took = loop.time() - began
            asked = sum(packet.type == 206 for packet in source.rtcp) - asked_before
        _judge_fair(fair.rtp)
        tally.notes["key frames asked of the camera per s"] = round(asked / took, 2)
        assert asked <= PLI_LIMIT_PER_S * took + 3, f"{asked} in {took:.1f} s"
        assert own.undecipherable == 0 and not eve.is_closed
    await canary.judge(tally, at_least=5000)


def _inputs(ssrcs: set[int]) -> Iterator[tuple[str, bytes]]:
    for flood in range(FLOODS):
        for ssrc in ssrcs:
            yield from lies(ssrc, 101 + flood)
            yield from malformed(ssrc)
    seeds = [packet for ssrc in ssrcs for _, packet in (*lies(ssrc, 101), *malformed(ssrc))]
    for packet in Noise(9).rounds(seeds, ROUNDS):
        # what libsrtp takes for RTCP at all
        yield "noise", packet[:1300].ljust(8, b"\0")


def _judge_fair(packets: list) -> None:  # type: ignore[type-arg]
    """Who did nothing gets a gapless stream of each track."""
    for ssrc in {packet.ssrc for packet in packets}:
        numbers = sorted({packet.sequence for packet in packets if packet.ssrc == ssrc and packet.payload})
        missing = numbers[-1] - numbers[0] + 1 - len(numbers)
        assert missing <= 0.01 * len(numbers), f"{missing} of {len(numbers)} missing"
