"""S01: nothing but DTLS-SRTP by the announced certificate ever carries media (RFC 8827, 6.5; RFC 8826, 4.2)."""

import asyncio
import os
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiortc.rtcdtlstransport import RTCCertificate
from OpenSSL import SSL

from tests.support import dtls_records
from tests.support.canary import Canary, Tally
from tests.support.dtls_records import client_hello, extensions_of, record, server_hello_of, use_srtp
from tests.support.live_node import LiveNode, rows_of
from tests.support.scripted_association import Association, Refused
from tests.support.scripted_person import (
    ScriptedPerson,
    Section,
    a_scripted_person,
    an_offer,
    transport_lines,
    value_of,
)

GOOD = Section(kind="audio", mid="0", cid="good", ssrc=1)
BAD_PAYLOAD = b"never to be heard"
AT_ONCE = 8
NOTHING: tuple[list[str]] = ([],)
Handshake = Callable[[Association], Awaitable[None]]
Rewrite = Callable[[list[str], str], list[str]]


def without(lines: list[str], prefix: str) -> list[str]:
    return [line for line in lines if not line.startswith(prefix)]


def fingerprints(*values: str) -> Rewrite:
    """The description says these and no others; `{right}` is the true one."""
    return lambda lines, right: (
        without(lines, "a=fingerprint") + ["a=fingerprint:" + value.replace("{right}", right) for value in values]
    )


def setup(*values: str) -> Rewrite:
    return lambda lines, right: without(lines, "a=setup") + [f"a=setup:{value}" for value in values]


WRONG = ":".join(["00"] * 32)
CRYPTO = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40

TRANSPORTS: dict[str, Rewrite] = {
    "no fingerprint": fingerprints(),
    "an empty fingerprint": fingerprints(""),
    "a fingerprint without digest": fingerprints("sha-256"),
    "a fingerprint without algorithm": fingerprints(WRONG),
    "md5 only": fingerprints("md5 " + ":".join(["00"] * 16)),
    "md2 only": fingerprints("md2 " + ":".join(["00"] * 16)),
    "sha-1 only": fingerprints("sha-1 " + ":".join(["00"] * 20)),
    "an unknown algorithm": fingerprints("sha-257 " + WRONG),
    "the wrong digest": fingerprints("sha-256 " + WRONG),
    "a digest of another length": fingerprints("sha-256 00:11"),
    "a digest that is no hexadecimal": fingerprints("sha-256 " + "zz:" * 31 + "zz"),
    "a right digest under the wrong name": fingerprints("sha-512 {digest}"),
    "two fingerprints, the second wrong": fingerprints("{right}", "sha-256 " + WRONG),
    "two fingerprints, the first wrong": fingerprints("sha-256 " + WRONG, "{right}"),
    "right in sha-256, wrong in sha-512": fingerprints("{right}", "sha-512 " + ":".join(["00"] * 64)),
    "no setup": setup(),
    "setup holdconn": setup("holdconn"),
    "setup nonsense": setup("both"),
    "setup passive, and then a client": setup("passive"),
    "SDES beside no fingerprint": lambda lines, right: [*without(lines, "a=fingerprint"), CRYPTO],
    "SDES beside a wrong fingerprint": lambda lines, right: [*fingerprints("sha-256 " + WRONG)(lines, right), CRYPTO],
    "both sides ICE-lite": lambda lines, right: [*lines, "a=ice-lite"],
}
PROTOCOLS = ("RTP/AVP", "RTP/AVPF", "RTP/SAVP", "UDP/RTP/AVPF", "nonsense", "TCP/RTP/AVP")
NULL_CIPHERS = {
    "NULL with SHA": (0x0002,),
    "ECDHE-ECDSA with NULL": (0xC006,),
    "anonymous ECDH": (0xC018, 0xC019),
    "RSA with RC4": (0x0004, 0x0005),
    "RSA with 3DES": (0x000A,),
    "RSA with AES-CBC": (0x002F, 0x0035),
    "PSK": (0x008C, 0x00A8),
    "no cipher": (),
}
SRTP_PROFILES = {
    "SRTP NULL with SHA1-80": [0x0005],
    "SRTP NULL with SHA1-32": [0x0006],
    "SRTP AES-CM with SHA1-32": [0x0002],
    "SRTP of an unknown number": [0xFFFF],
    "SRTP DOUBLE AEAD": [0x0009],
    "no SRTP profile": [],
}


def openssl(certificate: RTCCertificate, *, profiles: bytes = b"", sends_certificate: bool = True) -> SSL.Context:
    context = SSL.Context(SSL.DTLS_METHOD)
    context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
    if sends_certificate:
        context.use_certificate(certificate._cert)
        context.use_privatekey(certificate._key)
    if profiles:
        context.set_tlsext_use_srtp(profiles)
    return context


GOOD_PROFILE = b"SRTP_AES128_CM_SHA1_80"
CONTEXTS: dict[str, Callable[[Association], SSL.Context]] = {
    "another certificate": lambda a: openssl(RTCCertificate.generateCertificate(), profiles=GOOD_PROFILE),
    "no certificate": lambda a: openssl(a.certificate, profiles=GOOD_PROFILE, sends_certificate=False),
    "no use_srtp": lambda a: openssl(a.certificate),
    "SHA1-32 only": lambda a: openssl(a.certificate, profiles=b"SRTP_AES128_CM_SHA1_32"),
}


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    rewrite: Rewrite = lambda lines, right: lines
    protocol: str = "UDP/TLS/RTP/SAVPF"
    context: Callable[[Association], SSL.Context] | None = None
    hellos: tuple[bytes, ...] = ()
    skips_handshake: bool = False


def cases() -> list[Case]:
    found = [Case(name=name, rewrite=rewrite) for name, rewrite in TRANSPORTS.items()]
    found += [Case(name=f"profile {name}", protocol=name) for name in PROTOCOLS]
    found += [Case(name=name, context=context) for name, context in CONTEXTS.items()]
    found += [Case(name=f"hello: {name}", hellos=(client_hello(ciphers=c),)) for name, c in NULL_CIPHERS.items()]
    found += [
        Case(name=f"hello: {n}", hellos=(client_hello(extensions=use_srtp(p)),)) for n, p in SRTP_PROFILES.items()
    ]
    oddities = {
        "DTLS 1.0": client_hello(version=dtls_records.DTLS_1_0),
        "DTLS of the future": client_hello(version=0xFE00),
        "TLS 1.2": client_hello(version=0x0303),
        "an MKI": client_hello(extensions=use_srtp([1], mki=b"mki")),
        "an extension beyond its end": client_hello(extensions=struct.pack("!HH", 14, 500) + b"\0\1"),
        "change of cipher before a hello": record(dtls_records.CHANGE_CIPHER_SPEC, b"\1"),
        "application data before a hello": record(dtls_records.APPLICATION, BAD_PAYLOAD),
        "a fatal alert": record(dtls_records.ALERT, b"\2\x28"),
        "an encrypted epoch": record(dtls_records.HANDSHAKE, os.urandom(60), epoch=1),
        "a record beyond its end": client_hello()[:40],
        "noise": b"\x16" + os.urandom(200),
    }
    found += [Case(name=f"hello: {name}", hellos=(hello,)) for name, hello in oddities.items()]
    return [*found, Case(name="no handshake, plain RTP", skips_handshake=True)]


async def plain_media(eve: ScriptedPerson, association: Association, section: Section) -> None:
    """RTP in the clear, and under a key of zeros; nothing of it may be heard."""
    for _ in range(5):
        packet = eve.packet(section, BAD_PAYLOAD)
        association.send(packet.pack())
        association.send(packet.pack() + bytes(10))
        await asyncio.sleep(0.01)


def is_weak(answers: list[bytes]) -> bool:
    """Whether the node agreed to an SRTP profile or version that it must not."""
    for hello in filter(None, (server_hello_of(each) for each in answers)):
        profile = extensions_of(hello).get(dtls_records.USE_SRTP)
        cipher = hello[35 + hello[34] : 37 + hello[34]]
        is_good = hello[:2] == b"\xfe\xfd" and cipher[:1] in (b"\xc0", b"\xcc")
        if not is_good or (profile is not None and (profile[2:4] not in (b"\0\1", b"\0\7") or profile[4:] != b"\0")):
            return True
    return False


async def attempt(node: LiveNode, number: int, case: Case) -> bool:
    """Whether the case came to nothing: no track of its sender is ever published, as the first good packet would."""
    section = Section(kind="audio", mid="0", cid=f"bad-{number}", ssrc=1000 + number, protocol=case.protocol)
    async with a_scripted_person(node, f"eve-{number}") as eve:
        await eve.announce(section)
        association = await Association.open(node.media_address, "", "")
        eve.publisher = association
        right = association.fingerprint
        lines = case.rewrite(transport_lines(right), right)
        lines = [line.replace("{digest}", right.partition(" ")[2]) for line in lines]
        try:
            answer = await eve.offer(an_offer([section.lines()], transport=lines))
        except Refused:
            return True
        if "a=ice-ufrag" not in answer:
            return True
        association.ufrag, association.pwd = value_of(answer, "ice-ufrag"), value_of(answer, "ice-pwd")
        await association.connect()
        for hello in case.hellos:
            association.send(hello)
        if not case.hellos and not case.skips_handshake:
            try:
                await association.handshake(context=case.context(association) if case.context else None, timeout_s=4)
            except Refused:
                await plain_media(eve, association, section)
                return True
            # a handshake may look finished from here: what counts is whether its keys carry anything
            for _ in range(5):
                association.send_rtp(eve.packet(section, BAD_PAYLOAD))
                await asyncio.sleep(0.02)
        await plain_media(eve, association, section)
        if (await rows_of(node, "attack")).get(eve.identity, NOTHING)[-1]:
            return False
        answers = [association.dtls.get_nowait() for _ in range(association.dtls.qsize())]
        return not is_weak(answers)


async def test_only_the_announced_certificate_and_strong_keys_carry_media(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S01 media rules")
    async with a_scripted_person(node, "dung") as dung, a_scripted_person(node, "mai") as mai:
        await dung.publish(GOOD)
        async with dung.sending(GOOD):
            listening = asyncio.create_task(mai.keep_receiving())
            limit = asyncio.Semaphore(AT_ONCE)

            async def one(number: int, case: Case) -> None:
                async with limit:
                    tally.refused(case.name, await attempt(node, number, case))

            await asyncio.gather(*(one(number, case) for number, case in enumerate(cases())))
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        assert mai.subscriber is not None and mai.subscriber.rtp, "the good one is heard"
        heard = [packet for packet in mai.subscriber.rtp if BAD_PAYLOAD in packet.payload]
        tally.accepted += ["media was forwarded"] * len(heard)
    await canary.judge(tally, at_least=40)
