"""S15, S16: signal messages and descriptions of every wrong kind end or refuse their sender, and nobody else."""

import time
from collections.abc import Iterator

from livekit.protocol import models, rtc

from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.noise import Noise
from tests.support.scripted_association import Refused
from tests.support.scripted_person import (
    ScriptedPerson,
    Section,
    a_scripted_person,
    an_offer,
    data_section,
    transport_lines,
)

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=9101)
VIDEO = Section(kind="video", mid="1", cid="video", ssrc=9102)
FINGERPRINT = "sha-256 " + ":".join(["AB"] * 32)
STALL_S = 15.0
"""Of the whole node, on a machine whose cores are all taken; what grows with the square of its input takes minutes."""


def good_offer() -> str:
    parts = [VOICE.lines(), VIDEO.lines(), data_section("2")]
    return an_offer(parts, transport=transport_lines(FINGERPRINT))


def offer_with(*lines: str) -> str:
    section = Section(kind="video", mid="0", cid="c", extra=lines)
    return an_offer([section.lines()], transport=transport_lines(FINGERPRINT))


def descriptions() -> Iterator[tuple[str, str]]:
    """Each is no description that a client makes."""
    good = good_offer()
    yield "nothing", ""
    yield "one line", "v=0"
    yield "another version", good.replace("v=0", "v=1", 1)
    yield "a mebibyte of one line", "v=0\r\na=" + "x" * 1_000_000
    yield "a mebibyte of lines", "v=0\r\n" + "a=x\r\n" * 200_000
    yield "five thousand attributes", offer_with(*["a=x:y"] * 5000)
    yield "ten thousand sections", an_offer([VOICE.lines()] * 4000, transport=["a=setup:actpass"])[:1_000_000]
    yield "a mid twice", an_offer([VOICE.lines(), VOICE.lines()], transport=transport_lines(FINGERPRINT))
    yield "a bundle of nobody", good.replace("a=group:BUNDLE 0", "a=group:BUNDLE 99")
    yield (
        "a thousand rids",
        offer_with(
            *[f"a=rid:r{n} send" for n in range(1000)], "a=simulcast:send " + ";".join(f"r{n}" for n in range(1000))
        ),
    )
    yield (
        "forty thousand rids",
        offer_with(
            *[f"a=rid:{n} send" for n in range(20_000)], "a=simulcast:send " + ";".join(map(str, range(20_000)))
        ),
    )
    yield "ten thousand candidates", offer_with(*["a=candidate:1 1 udp 1 10.0.0.1 9 typ host"] * 10_000)
    yield "a bandwidth of 2^63", offer_with(f"b=AS:{1 << 63}")
    yield "a port of 2^40", good.replace("m=audio 9", f"m=audio {1 << 40}")
    yield "a port of unicode digits", good.replace("m=audio 9", "m=audio ٩")
    yield "payload types of unicode digits", good.replace("111", "١١١")
    yield "extension 0", offer_with("a=extmap:0 urn:ietf:params:rtp-hdrext:sdes:mid")
    yield "extension 15", offer_with("a=extmap:15 urn:ietf:params:rtp-hdrext:sdes:mid")
    yield "extension 256", offer_with("a=extmap:256 urn:ietf:params:rtp-hdrext:sdes:mid")
    yield "a clock of zero", good.replace("opus/48000/2", "opus/0/2")
    yield "a group of one", offer_with("a=ssrc-group:FID 1", "a=ssrc-group:SIM", "a=ssrc:1 x")
    yield "an SSRC beyond 32 bits", offer_with(f"a=ssrc:{1 << 32} cname:x")
    yield "a negative SSRC", offer_with("a=ssrc:-1 cname:x")
    yield "line ends in a name", good.replace("a=msid:- voice", "a=msid:- voice\u2028a=ice-lite\x0bv=0\x85")
    yield "zeros", "v=0\r\n" + "\0" * 5000
    yield "a data section of no size", good.replace("262144", "-1")
    yield "apt of itself", good.replace("apt=96", "apt=97")
    yield "fmtp without end", offer_with("a=fmtp:96 " + "a=b;" * 50_000)
    yield "codecs without names", good.replace("a=rtpmap:111 opus/48000/2", "a=rtpmap:111")
    yield "a section without formats", good.replace("SAVPF 111", "SAVPF")


def bent_descriptions(number: int) -> Iterator[str]:
    """A good offer with lines lost, doubled, exchanged and bent."""
    noise = Noise(16)
    lines = good_offer().split("\r\n")
    for index in range(number):
        mine = list(lines)
        for _ in range(noise.random.randrange(1, 5)):
            at = noise.random.randrange(1, len(mine))
            match noise.random.randrange(4):
                case 0:
                    del mine[at]
                case 1:
                    mine.insert(at, mine[noise.random.randrange(len(mine))])
                case 2:
                    mine[at] = noise.bent(mine[at].encode()).decode("latin1")
                case _:
                    mine[at] = mine[at][: noise.random.randrange(len(mine[at]) + 1)]
        # the version line may not survive a third of the time: then it is refused at once
        yield "\r\n".join(mine) if index % 10 else noise.some(2000).decode("latin1")


async def outcome(person: ScriptedPerson, **message: object) -> str:
    """`answer` when the node reads on after it, `closed` when its sender was sent away."""
    try:
        if message:
            await person.wire.ask(**message)
        await person.wire.ask(ping_req=rtc.Ping(timestamp=1))
        await person.next("pong_resp")
    except (Refused, ConnectionError):
        return "closed"
    return "answer"


async def test_descriptions_of_every_wrong_kind_hurt_nobody(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S16 SDP")
    slowest, count = 0.0, {"answer": 0, "closed": 0}
    for name, sdp in descriptions():
        async with a_scripted_person(node, "eve", "sdp") as eve:
            await eve.announce(VOICE)
            began = time.monotonic()
            found = await outcome(eve, offer=rtc.SessionDescription(type="offer", sdp=sdp, id=7))
            slowest = max(slowest, time.monotonic() - began)
            count[found] += 1
            tally.tries(name)
    bent = bent_descriptions(1000)
    while (sdp := next(bent, None)) is not None:
        async with a_scripted_person(node, "eve", "sdp") as eve:
            while sdp is not None:
                is_answer = tally.total % 4 == 0
                message = rtc.SessionDescription(type="answer" if is_answer else "offer", sdp=sdp, id=1)
                found = await outcome(eve, **{message.type: message})
                count[found] += 1
                tally.tries("a bent description")
                if found == "closed":
                    break
                sdp = next(bent, None)
    tally.notes["slowest, s"] = round(slowest, 2)
    tally.notes["sent away"] = count["closed"]
    assert slowest < STALL_S and count["closed"] > 100
    await canary.judge(tally, at_least=1000)


def requests(victim_sid: str, victim_track: str) -> Iterator[tuple[str, rtc.SignalRequest]]:
    """Well-formed messages that no client sends, or none may send."""
    many = [f"TR_{number}" for number in range(20_000)]
    yield "another's track muted", rtc.SignalRequest(mute=rtc.MuteTrackRequest(sid=victim_track, muted=True))
    yield "another's sid muted", rtc.SignalRequest(mute=rtc.MuteTrackRequest(sid=victim_sid, muted=True))
    yield "a track without cid", rtc.SignalRequest(add_track=rtc.AddTrackRequest())
    yield "a track of another kind", rtc.SignalRequest(add_track=rtc.AddTrackRequest(cid="x", type=models.DATA))
    long = rtc.AddTrackRequest(cid="x" * 100_000, name="y" * 100_000)
    yield "names of 100,000 characters", rtc.SignalRequest(add_track=long)
    layers = [models.VideoLayer(width=1 << 31, height=1 << 31, bitrate=1 << 31)] * 5000
    yield "five thousand layers", rtc.SignalRequest(add_track=rtc.AddTrackRequest(cid="x", type=1, layers=layers))
    yield "twenty thousand tracks", rtc.SignalRequest(subscription=rtc.UpdateSubscription(track_sids=many))
    setting = rtc.UpdateTrackSettings(track_sids=many, width=1 << 31, fps=1 << 31, priority=1 << 31)
    yield "settings of everything", rtc.SignalRequest(track_setting=setting)
    permission = [rtc.TrackPermission(participant_sid=each) for each in many]
    yield (
        "twenty thousand permissions",
        rtc.SignalRequest(subscription_permission=rtc.SubscriptionPermission(track_permissions=permission)),
    )
    change = rtc.UpdateParticipantMetadata(metadata="m" * 900_000, name="n" * 1000, request_id=5)
    yield "metadata not allowed", rtc.SignalRequest(update_metadata=change)
    attributes = {str(number): "v" for number in range(20_000)}
    yield (
        "attributes not allowed",
        rtc.SignalRequest(update_metadata=rtc.UpdateParticipantMetadata(attributes=attributes, request_id=6)),
    )
    yield "a state without parts", rtc.SignalRequest(sync_state=rtc.SyncState())
    received = [rtc.DataChannelReceiveState(publisher_sid=each, last_seq=1) for each in many]
    yield "a state of everything", rtc.SignalRequest(sync_state=rtc.SyncState(datachannel_receive_states=received))
    yield "an answer to nothing", rtc.SignalRequest(answer=rtc.SessionDescription(type="answer", sdp="v=0", id=1 << 31))
    yield "a trickle of noise", rtc.SignalRequest(trickle=rtc.TrickleRequest(candidateInit="{" * 10_000))
    yield "a simulation", rtc.SignalRequest(simulate=rtc.SimulateScenario(node_failure=True))
    yield "leaving and going on", rtc.SignalRequest(leave=rtc.LeaveRequest(reason=99, action=99))


def frames() -> Iterator[tuple[str, bytes | str]]:
    """What is no message at all, and what is one with a field bent."""
    noise = Noise(15)
    seeds = [message.SerializeToString() for _, message in requests("PA_x", "TR_x") if message.ByteSize() < 2000]
    for packet in noise.rounds(seeds, 450):
        yield "noise", packet
    yield "an enum below zero", b"\x22\x0b\x10" + b"\xff" * 9 + b"\x01"
    yield "a length beyond the end", b"\x0a\xff\xff\xff\xff\x07"
    yield "groups without end", b"\x0b" * 5000
    yield "a number without end", b"\x80" * 100
    for text in (
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"offer": 7}',
        "[" * 20_000,
        '{"a":' * 20_000,
        '{"offer":{"sdp":"\\ud800"}}',
    ):
        yield "text that is no request", text
    yield "a mebibyte of text", '{"subscription":{"trackSids":[' + '"a",' * 240_000 + '"a"]}}'
    yield "more than a mebibyte", bytes(1_200_000)
    yield "a large number", '{"ping": ' + "9" * 5000 + "}"
    yield "a name twice", '{"ping": 1, "ping": 2, "offer": {}, "answer": {}}'


async def test_signal_messages_of_every_wrong_kind_hurt_nobody(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S15 signal messages")
    victim = canary.people[0].room.local_participant
    track = next(iter(victim.track_publications))
    slowest = 0.0
    for name, message in (*requests(victim.sid, track), *requests("", "")):
        for room in ("signal", "canary"):
            if room == "canary" and not name.startswith("another"):
                continue
            async with a_scripted_person(node, "eve", room, hidden=True) as eve:
                began = time.monotonic()
                member = message.WhichOneof("message")
                assert member is not None
                await outcome(eve, **{member: getattr(message, member)})
                slowest = max(slowest, time.monotonic() - began)
                tally.tries(name)
    for name, frame in frames():
        async with a_scripted_person(node, "eve", "signal") as eve:
            began = time.monotonic()
            await (eve.wire.socket.send_str(frame) if isinstance(frame, str) else eve.wire.socket.send_bytes(frame))
            tally.tries(name)
            await outcome(eve)
            slowest = max(slowest, time.monotonic() - began)
    tally.notes["slowest, s"] = round(slowest, 2)
    assert slowest < STALL_S
    await canary.judge(tally, at_least=500)
