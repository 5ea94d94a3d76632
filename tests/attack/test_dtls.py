"""S04, S05: DTLS is read only from an address that an authenticated check has proven (RFC 9147, 5.1)."""

import asyncio
import time

from tests.support.canary import Canary, Tally
from tests.support.dtls_records import client_hello
from tests.support.live_node import LiveNode
from tests.support.scripted_association import Association
from tests.support.scripted_person import Section, a_scripted_person, an_offer, transport_lines, value_of
from tests.support.spoofing import Listener, Spoofer

HELLOS = 10_000
A_BATCH = 100
VICTIMS = 10
VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=3333)


async def test_hellos_from_spoofed_addresses_are_not_answered(node: LiveNode, canary: Canary) -> None:
    tally = Tally("S04 DTLS amplification")
    hello = client_hello()
    memory, cpu, began = node.rss_kib, node.cpu_s, time.monotonic()
    with Listener("127.0.0.77") as victim, Spoofer(node.media_address) as spoofer:
        for batch in range(HELLOS // A_BATCH):
            for number in range(A_BATCH):
                # most have addresses nobody listens at; some a victim's, which would see an answer
                port = victim.address[1] if number % 10 == 0 else 1024 + (batch * A_BATCH + number) % 60_000
                spoofer.send(hello, (victim.address[0], port))
            tally.tries("spoofed ClientHello", A_BATCH)
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.2)
        tally.accepted += ["bytes back"] * victim.bytes_received()
    took = time.monotonic() - began
    tally.notes["hellos/s"] = round(HELLOS / took)
    tally.notes["node CPU, call included"] = f"{(node.cpu_s - cpu) / took:.0%}"
    assert node.rss_kib - memory < 8 * 1024, "nothing is kept of them"
    await canary.judge(tally, at_least=HELLOS)


async def test_a_hello_before_the_victims_own_does_not_take_its_place(node: LiveNode, canary: Canary) -> None:
    """The race of Enable Security: somebody else's ClientHello comes first, and again during the handshake."""
    tally = Tally("S05 ClientHello race")
    slowest = 0.0
    for number in range(VICTIMS):
        async with a_scripted_person(node, f"victim-{number}") as victim:
            await victim.announce(VOICE)
            own = victim.publisher = await Association.open(node.media_address, "", "")
            answer = await victim.offer(an_offer([VOICE.lines()], transport=transport_lines(own.fingerprint)))
            own.ufrag, own.pwd = value_of(answer, "ice-ufrag"), value_of(answer, "ice-pwd")
            attacker = await Association.open(node.media_address, "", "")
            try:
                for _ in range(20):
                    attacker.send(client_hello())
                    tally.tries("hello from elsewhere")
                await own.connect()
                began = time.monotonic()
                racing = asyncio.create_task(_race(attacker, tally))
                await own.handshake()
                slowest = max(slowest, time.monotonic() - began)
                racing.cancel()
                await asyncio.gather(racing, return_exceptions=True)
                tally.refused("answered", not attacker.dtls.qsize())
            finally:
                attacker.close()
    tally.notes["slowest handshake, s"] = round(slowest, 2)
    await canary.judge(tally, at_least=VICTIMS * 20)


async def _race(attacker: Association, tally: Tally) -> None:
    while True:
        attacker.send(client_hello())
        tally.tries("hello in the middle")
        await asyncio.sleep(0.001)
