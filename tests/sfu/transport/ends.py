"""Two endpoints joined back to back, with what is sent on the way left to the test."""

import asyncio
from contextlib import asynccontextmanager

from sfu.transport.dtls import Certificate, DtlsTransport
from sfu.transport.endpoint import Endpoint

LIMIT_S = 10


class Wire:
    """Delivers datagrams between two endpoints; `drop` decides which are lost."""

    def __init__(self, drop=lambda number: False):
        self._drop = drop
        self.sent = 0
        self.ends = [Endpoint(lambda datagram, to=to: self._carry(datagram, to)) for to in (1, 0)]

    def _carry(self, datagram, to):
        self.sent += 1
        if not self._drop(self.sent):
            self.ends[to].handle_datagram(datagram)
        return True


def fingerprints(certificate):
    name, _, digest = certificate.fingerprint.partition(" ")
    return [(name, digest)]


class Pair:
    """A DTLS client and server, before their handshake."""

    def __init__(self, wire=None):
        wire = wire or Wire()
        self.certificates = Certificate(), Certificate()
        self.client = DtlsTransport(wire.ends[0], self.certificates[0])
        self.server = DtlsTransport(wire.ends[1], self.certificates[1])

    async def handshake(self, client_expects=None, server_expects=None):
        ours, theirs = self.certificates
        return await asyncio.wait_for(
            asyncio.gather(
                self.client.handshake(client_expects or fingerprints(theirs), is_server=False),
                self.server.handshake(server_expects or fingerprints(ours), is_server=True),
                return_exceptions=True,
            ),
            LIMIT_S,
        )


@asynccontextmanager
async def a_connected_pair():
    pair = Pair()
    await pair.handshake()
    async with asyncio.TaskGroup() as group:
        pumps = [group.create_task(end.pump()) for end in (pair.client, pair.server)]
        yield pair
        for pump in pumps:
            pump.cancel()
    await pair.client.shutdown()
    await pair.server.shutdown()
