"""S02, S03: only an authenticated check is answered or changes anything (RFC 8445, 7.3; RFC 8489)."""

import asyncio
import hashlib
import hmac
import os
import struct
import zlib

from tests.sfu.wire import binding_request
from tests.support.canary import Canary, Tally
from tests.support.live_node import LiveNode
from tests.support.noise import Noise
from tests.support.scripted_association import Association
from tests.support.scripted_person import Section, a_scripted_person
from tests.support.spoofing import Listener, Spoofer

VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=2222)
ROUNDS = 2500
USERNAME, INTEGRITY, FINGERPRINT, PRIORITY = 0x0006, 0x0008, 0x8028, 0x0024


def attribute(kind: int, value: bytes, length: int | None = None) -> bytes:
    return struct.pack("!HH", kind, len(value) if length is None else length) + value + bytes(-len(value) % 4)


def message(attributes: bytes, *, kind: int = 1, length: int | None = None, cookie: int = 0x2112A442) -> bytes:
    head = struct.pack("!HHI", kind, len(attributes) if length is None else length, cookie)
    return head + os.urandom(12) + attributes


def fingerprinted(unmarked: bytes) -> bytes:
    marked = unmarked[:2] + struct.pack("!H", len(unmarked) - 20 + 8) + unmarked[4:]
    return marked + attribute(FINGERPRINT, struct.pack("!I", zlib.crc32(marked) ^ 0x5354554E))


def signed(attributes: bytes, password: str, *, covers: int = 24) -> bytes:
    """`covers` 24 is right: the length up to the end of MESSAGE-INTEGRITY."""
    unsigned = message(attributes)
    covered = unsigned[:2] + struct.pack("!H", len(attributes) + covers) + unsigned[4:]
    return covered + attribute(INTEGRITY, hmac.new(password.encode(), covered, hashlib.sha1).digest())


def table(ufrag: str, pwd: str) -> dict[str, bytes]:
    """Each looks like a check of somebody who knows `ufrag` and, where it says so, `pwd`; none is one."""
    name = attribute(USERNAME, f"{ufrag}:x".encode())
    right = fingerprinted(signed(name, pwd))
    request = {"username": f"{ufrag}:x", "transaction": os.urandom(12)}
    return {
        "wrong password": binding_request(password="wrong", **request),
        "empty password": binding_request(password="", **request),
        "unknown ufrag": binding_request(username="nobody:x", password=pwd, transaction=os.urandom(12)),
        "ufrag of another case": binding_request(
            username=f"{ufrag.swapcase()}:x", password=pwd, transaction=os.urandom(12)
        ),
        "only a part of the ufrag": binding_request(username=ufrag[:-1], password=pwd, transaction=os.urandom(12)),
        "username of 600 bytes": fingerprinted(signed(attribute(USERNAME, b"u" * 600), pwd)),
        "username that is no text": fingerprinted(signed(attribute(USERNAME, b"\xff\xfe" * 4), pwd)),
        "empty username": fingerprinted(signed(attribute(USERNAME, b""), pwd)),
        "no username": fingerprinted(signed(attribute(PRIORITY, b"\0\0\0\1"), pwd)),
        "no integrity": fingerprinted(message(name)),
        "no fingerprint": signed(name, pwd),
        "no attributes": message(b""),
        "integrity over a wrong length": fingerprinted(signed(name, pwd, covers=32)),
        "integrity of zeros": fingerprinted(message(name + attribute(INTEGRITY, bytes(20)))),
        "integrity of nineteen bytes": fingerprinted(message(name + attribute(INTEGRITY, bytes(19)))),
        "integrity before the username": fingerprinted(signed(b"", pwd)[:20] + attribute(INTEGRITY, bytes(20)) + name),
        "fingerprint not last": right[:-8] + right[-8:] + attribute(PRIORITY, b"\0\0\0\1"),
        "fingerprint wrong": right[:-1] + bytes([right[-1] ^ 1]),
        "fingerprint first": fingerprinted(message(b""))[:28] + name,
        "length beyond the end": right[:2] + b"\xff\xfc" + right[4:],
        "length of nothing": right[:2] + b"\0\0" + right[4:],
        "length not a multiple of four": right[:2] + b"\0\x2d" + right[4:],
        "cut short": right[:-4],
        "longer than it says": right + bytes(4),
        "attribute of 65,535 bytes": fingerprinted(message(attribute(USERNAME, b"u", length=65535))),
        "attributes without length": fingerprinted(message(struct.pack("!HH", 0x8022, 0) * 200)),
        "another cookie": fingerprinted(message(name, cookie=0x2112A443)),
        "an indication": fingerprinted(message(name, kind=0x0011)),
        "a success response": fingerprinted(message(name, kind=0x0101)),
        "an error response": fingerprinted(message(name, kind=0x0111)),
        "an allocate request": fingerprinted(message(name, kind=0x0003)),
        "classic STUN without cookie": message(b"", cookie=0),
        "header only": right[:20],
        "one byte": b"\0",
    }


async def test_only_authenticated_checks_are_answered(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S03 STUN")
    async with a_scripted_person(node, "eve") as eve:
        own = await eve.publish(VOICE)
        stranger = await Association.open(node.media_address, own.ufrag, own.pwd)
        try:
            for name, datagram in table(own.ufrag, own.pwd).items():
                stranger.send(datagram)
                tally.tries(name)
            noise = Noise(3)
            # a good check of this session is among the seeds, so that what is bent comes near to being right
            seeds = [*table(own.ufrag, own.pwd).values(), message(attribute(USERNAME, b"x" * 40))]
            for number, datagram in enumerate(noise.rounds(seeds, ROUNDS)):
                stranger.send(datagram)
                tally.tries("noise")
                if number % 50 == 0:
                    await asyncio.sleep(0)
            # the right one is answered after all of them: so every other has been read by then
            right = stranger.check()
            await stranger.until(lambda: any(right == answer[8:20] for answer in stranger.stun))
            others = [answer for answer in stranger.stun if answer[8:20] != right]
            tally.accepted += ["answered"] * len(others)
            tally.notes["bytes out per byte in of a right check"] = round(len(stranger.stun[-1]) / 88, 2)
            assert len(stranger.stun[-1]) <= 88, "an answer is no larger than its request"
        finally:
            stranger.close()
    await canary.judge(tally, at_least=2000)


async def test_a_wrong_or_old_check_neither_moves_nor_keeps_a_peer(node: LiveNode, canary: Canary) -> None:
    """Who has recorded a check of somebody's, or knows its name only, gets nothing of its media."""
    tally = Tally("S02 consent")
    async with a_scripted_person(node, "dung") as dung, a_scripted_person(node, "mai") as mai:
        await dung.publish(VOICE)
        with Listener("127.0.0.1") as thief, Spoofer(node.media_address) as spoofer:
            async with dung.sending(VOICE):
                subscriber = await mai.receives_media()
                for number in range(20):
                    wrong = binding_request(
                        username=f"{subscriber.ufrag}:x", password=f"guess {number}", transaction=os.urandom(12)
                    )
                    recorded = binding_request(
                        username=f"{subscriber.ufrag}:x", password=subscriber.pwd, transaction=os.urandom(12)
                    )
                    bent = recorded[:-9] + bytes([recorded[-9] ^ 1]) + recorded[-8:]
                    response = b"\1" + recorded[1:]
                    for datagram in (wrong, bent, response):
                        spoofer.send(datagram, thief.address)
                        tally.tries("a check that proves nothing")
                before = len(subscriber.rtp)
                await subscriber.until(lambda: len(subscriber.rtp) > before + 50)
            stolen = thief.bytes_received()
            tally.accepted += ["bytes to a stranger"] * stolen
    await canary.judge(tally, at_least=20)
