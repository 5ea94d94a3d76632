"""S06: replayed SRTP and SRTCP (RFC 3711, 3.3.2): each packet counts once, whatever comes again and in what order."""

from collections import Counter

from tests.sfu.wire import Rtp, sender_report
from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.scripted_person import OPUS, Section, a_scripted_person

PACKETS = 50
REPLAYS = 5
WINDOW = 1024
VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=1111)


def primary(packet: Rtp) -> bytes:
    """The new sound of a packet: the last block where older ones are repeated before it (RFC 2198, 3)."""
    payload = packet.payload
    if packet.payload_type == OPUS:
        return payload
    at, skipped = 0, 0
    while payload[at] & 0x80:
        skipped += int.from_bytes(payload[at + 1 : at + 4], "big") & 0x3FF
        at += 4
    return payload[at + 1 + skipped :]


def named(count: Counter[bytes], name: bytes) -> int:
    return sum(number for payload, number in count.items() if payload.startswith(name))


async def test_a_replayed_packet_is_delivered_once(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S06 SRTP replay")
    async with a_scripted_person(node, "eve") as eve, a_scripted_person(node, "mai") as mai:
        publisher = await eve.publish(VOICE)
        async with eve.sending(VOICE):
            subscriber = await mai.receives_media()
        sealed = [publisher.protect(eve.packet(VOICE, b"once %d" % number)) for number in range(PACKETS)]
        reports = [publisher.protect_rtcp(sender_report(VOICE.ssrc, number << 32, number)) for number in range(PACKETS)]
        for datagram in (*sealed, *reports):
            publisher.send(datagram)

        async def arrived(payload: bytes) -> None:
            await subscriber.until(lambda: any(primary(packet) == payload for packet in subscriber.rtp))

        await arrived(b"once %d" % (PACKETS - 1))
        for _ in range(REPLAYS):
            for datagram in (*reversed(sealed), *reports):
                publisher.send(datagram)
                tally.tries("replayed within the window")
        # beyond the window nothing old can be told from new, so all of it is refused; the last step wraps the number
        for step, number in enumerate((30_000, 60_000, (1 << 16) + WINDOW)):
            eve.continue_at(VOICE, number)
            publisher.send_rtp(eve.packet(VOICE, b"later %d" % step))
            # a step that went missing would leave the receiver's rollover counter behind (RFC 3711, 3.3.1)
            await arrived(b"later %d" % step)
            for datagram in sealed:
                publisher.send(datagram)
                tally.tries("replayed from before the window")
        publisher.send_rtp(eve.packet(VOICE, b"the end"))
        await arrived(b"the end")
        count = Counter(primary(packet) for packet in subscriber.rtp)
        numbers = Counter(packet.sequence for packet in subscriber.rtp)
        tally.refused("a number sent twice", max(numbers.values()) == 1)
        tally.refused("delivered more than once", named(count, b"once") <= PACKETS)
        assert named(count, b"once") == PACKETS and named(count, b"later") == 3
    await canary.judge(tally, at_least=2 * PACKETS * REPLAYS)
