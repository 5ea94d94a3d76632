"""DTLS over endpoints: keys on both sides, fingerprints, loss, goodbye."""

import asyncio

from sfu.transport.dtls import Certificate
from sfu.transport.endpoint import MAX_WAITING
from tests.sfu.transport.ends import LIMIT_S, Pair, Wire, a_connected_pair, fingerprints


async def test_both_sides_export_matching_keys_with_aes_gcm():
    client, server = await Pair().handshake()
    assert client.profile == server.profile == "AEAD_AES_128_GCM"
    assert (client.local_key, client.local_salt) == (server.remote_key, server.remote_salt)
    assert (client.remote_key, client.remote_salt) == (server.local_key, server.local_salt)
    assert (len(client.local_key), len(client.local_salt)) == (16, 12)
    assert client.local_key != client.remote_key


async def test_lost_datagrams_are_repeated():
    client, server = await Pair(Wire(drop=lambda number: number in (1, 3))).handshake()
    assert client.local_key == server.remote_key


async def test_a_certificate_that_was_not_announced_is_refused():
    stranger = Certificate()
    client, server = await Pair().handshake(server_expects=fingerprints(stranger))
    assert isinstance(server, ConnectionError) and "certificate" in str(server)


async def test_an_unknown_fingerprint_algorithm_alone_is_refused():
    pair = Pair()
    _, server = await pair.handshake(server_expects=[("md5", "AA:BB")])
    assert isinstance(server, ConnectionError)


async def test_garbage_does_not_end_a_handshake():
    wire = Wire()
    pair = Pair(wire)
    for end in wire.ends:
        for datagram in (b"\x16", b"\x16" * 40, bytes(20), b"\x17" + bytes(60)):
            end.handle_datagram(datagram)
    client, server = await pair.handshake()
    assert client.local_key == server.remote_key


async def test_a_goodbye_ends_the_other_sides_pump():
    pair = Pair()
    await pair.handshake()
    async with asyncio.timeout(LIMIT_S):
        async with asyncio.TaskGroup() as group:
            group.create_task(pair.server.pump())
            await pair.client.shutdown()
    assert pair.server.state == "closed"
    await pair.server.shutdown()


async def test_shutdown_may_come_twice_and_before_any_handshake():
    pair = Pair()
    await pair.client.shutdown()
    await pair.client.shutdown()
    async with a_connected_pair() as connected:
        await connected.client.shutdown()


async def test_a_full_endpoint_drops_instead_of_growing():
    wire = Wire()
    for number in range(MAX_WAITING + 10):
        wire.ends[0].handle_datagram(b"%d" % number)
    assert wire.ends[0]._waiting.qsize() == MAX_WAITING
