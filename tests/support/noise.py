"""Seeded noise: good packets bent a little, and bytes that were never good. The same seed tries the same inputs."""

import random
from collections.abc import Iterator, Sequence

EDGES = (0, 1, 0x7F, 0x80, 0xFF)


class Noise:
    """`bent` changes a packet; `rounds` gives many of them."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def some(self, at_most: int = 200) -> bytes:
        return self.random.randbytes(self.random.randrange(at_most))

    def bent(self, packet: bytes) -> bytes:
        """One to six small changes: a bit, an edge value, an insertion, a cut, a piece twice."""
        found = bytearray(packet)
        for _ in range(self.random.randrange(1, 7)):
            at = self.random.randrange(len(found) + 1)
            match self.random.randrange(6):
                case 0 if at < len(found):
                    found[at] ^= 1 << self.random.randrange(8)
                case 1 if at < len(found):
                    found[at] = self.random.choice(EDGES)
                case 2:
                    found[at:at] = self.some(8)
                case 3:
                    del found[at:]
                case 4:
                    found[at:at] = found[: self.random.randrange(len(found) + 1)][:1000]
                case _:
                    del found[at : at + self.random.randrange(8)]
        return bytes(found[:1400])

    def rounds(self, seeds: Sequence[bytes], number: int) -> Iterator[bytes]:
        """Bent seeds, and every eighth time bytes of no origin."""
        for index in range(number):
            yield self.some() if index % 8 == 7 else self.bent(seeds[index % len(seeds)])
