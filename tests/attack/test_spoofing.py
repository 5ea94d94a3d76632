"""S08: a participant cannot speak as, for or about another: SSRC, MID, RID, RTX and RTCP count on its own transport."""

import asyncio
import struct
from collections.abc import Iterator

from tests.sfu.wire import Rtp, nack, pli, receiver_report, rtcp, sender_report, transport_cc, vp8_payload
from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.scripted_person import MID_ID, RID_ID, VP8, VP8_RTX, Section, a_scripted_person

DUNG_VOICE = Section(kind="audio", mid="0", cid="dung-voice", ssrc=5001)
DUNG_VIDEO = Section(kind="video", mid="1", cid="dung-video", ssrc=5002)
EVE_VOICE = Section(kind="audio", mid="5", cid="eve-voice", ssrc=6001)
EVE_VIDEO = Section(kind="video", mid="6", cid="eve-video", rids=("q", "h"))
FORGED = b"forged words"
ROUNDS = 40


def forged_media(victim_ssrcs: tuple[int, ...]) -> Iterator[tuple[str, Rtp]]:
    """Packets eve seals with her own keys, in somebody else's name or in none that was agreed."""
    for round_ in range(ROUNDS):
        number = 30_000 + round_
        plain = {"sequence": number, "timestamp": number * 960, "payload": FORGED, "payload_type": 111}
        for ssrc in victim_ssrcs:
            yield "the SSRC of another", Rtp(ssrc=ssrc, **plain)
        yield "the MID of another", Rtp(ssrc=7001, extensions={MID_ID: b"1"}, **plain)
        yield "no MID, unknown SSRC", Rtp(ssrc=7002, **(plain | {"payload_type": VP8}))
        video = plain | {"payload_type": VP8, "payload": vp8_payload(number, is_key=True) + FORGED}
        yield "a RID nobody announced", Rtp(ssrc=7003, extensions={MID_ID: b"6", RID_ID: b"z"}, **video)
        yield "no RID where there are two", Rtp(ssrc=7004, extensions={MID_ID: b"6"}, **video)
        original = struct.pack("!H", number) + video["payload"]
        rtx = video | {"payload_type": VP8_RTX, "payload": original}
        yield "RTX for another's stream", Rtp(ssrc=7005, extensions={MID_ID: b"1"}, **rtx)
        yield "RTX without a name", Rtp(ssrc=7006, **rtx)
        yield "a payload type not agreed", Rtp(ssrc=EVE_VOICE.ssrc, **(plain | {"payload_type": 77}))
        yield "the number of RTCP as payload type", Rtp(ssrc=EVE_VOICE.ssrc, **(plain | {"payload_type": 64}))


def forged_reports(targets: tuple[int, ...]) -> Iterator[tuple[str, bytes]]:
    """RTCP about streams that eve neither sends nor receives."""
    for target in targets:
        yield "BYE", rtcp(203, 1, struct.pack("!I", target))
        yield "SR", sender_report(target, 1 << 63, 0)
        yield "RR with all lost", rtcp(201, 1, struct.pack("!IIIIIII", target, target, 0xFF7FFFFF, 0xFFFF, 0, 0, 0))
        yield "RR", receiver_report(1, target, 1)
        yield "PLI", pli(1, target)
        yield "FIR", rtcp(206, 4, struct.pack("!IIIBBH", 1, 0, target, 7, 0, 0))
        yield "NACK", nack(1, target, range(30_000, 30_040))
        yield "REMB of one bit", rtcp(206, 15, struct.pack("!II4sIIII", 1, 0, b"REMB", 1 << 24 | 1, target, 0, 0)[:-8])
        yield "TMMBR of zero", rtcp(205, 3, struct.pack("!IIII", 1, 0, target, 0))
        yield "transport-wide feedback", transport_cc(1, target, 0, 200)
        yield "SDES", rtcp(202, 1, struct.pack("!I", target) + b"\1\4dung" + bytes(2))


async def test_nobody_speaks_for_another(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S08 spoofing")
    async with (
        a_scripted_person(node, "dung") as dung,
        a_scripted_person(node, "eve") as eve,
        a_scripted_person(node, "mai") as mai,
    ):
        source = await dung.publish(DUNG_VOICE, DUNG_VIDEO)
        own = await eve.publish(EVE_VOICE, EVE_VIDEO)
        async with dung.sending(DUNG_VOICE, DUNG_VIDEO), eve.sending(EVE_VOICE):
            subscriber = await mai.receives_media(3)
            # what is sent to mai and what dung sends: eve is told neither, and even so names both
            down = tuple({packet.ssrc for packet in subscriber.rtp})
            for number, (name, packet) in enumerate(forged_media((5001, 5002, *down))):
                own.send_rtp(packet)
                tally.tries(name)
                if number % 20 == 0:
                    await asyncio.sleep(0.005)
            requests = sum(packet.type == 206 for packet in source.rtcp)
            for name, packet in list(forged_reports((5001, 5002, *down))) * 5:
                own.send_rtcp(receiver_report(1, 1, 1), packet)
                tally.tries(f"{name} about another")
            before = len(subscriber.rtp)
            await subscriber.until(lambda: len(subscriber.rtp) > before + 100)
            heard = [packet for packet in subscriber.rtp if FORGED in packet.payload]
            tally.accepted += ["heard"] * len(heard)
            asked = sum(packet.type == 206 for packet in source.rtcp) - requests
            # one may be due for its own reasons on a busy machine; fifty forged requests would bring two a second
            tally.refused("key frames asked of another's camera", asked <= 1)
        assert not dung.is_closed and not mai.is_closed
    await canary.judge(tally, at_least=500)
