"""A call that goes on beside an attack: two people by LiveKit's own client, who must not notice, and the tally.

Each test of an attack counts in a `Tally` what it tried; its line is printed and judged at the end.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.people import Person, a_token
from tests.support.live_node import LiveNode, rows_of

ROOM = "canary"
LOSS_LIMIT = 0.01
LOST = ("disconnected", "participant_disconnected", "track_unsubscribed")


@dataclass(slots=True)
class Tally:
    """What was tried, and what came of it that should not have."""

    name: str
    tried: Counter[str] = field(default_factory=Counter)
    accepted: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    def tries(self, what: str, number: int = 1) -> None:
        self.tried[what] += number

    def refused(self, what: str, is_refused: bool) -> None:
        """One bad input, and whether it came to nothing."""
        self.tried[what] += 1
        if not is_refused:
            self.accepted.append(what)

    @property
    def total(self) -> int:
        return sum(self.tried.values())


@dataclass(slots=True)
class Canary:
    """Two people who see and hear each other."""

    node: LiveNode
    people: list[Person]
    rows: dict[str, Any] = field(default_factory=dict)
    people_who_left: int = 0
    """Guests of a test in the canary's own room, whose leaving each of the two is told."""

    async def begin(self) -> None:
        for person in self.people:
            await person.join(self.node.url, a_token(person.identity, ROOM))
        for person, luma in zip(self.people, (60, 180), strict=True):
            await person.publish_camera(luma)
            await person.publish_microphone()
        await self.goes_on()
        self.rows = await rows_of(self.node, ROOM)

    async def goes_on(self) -> None:
        """Returns when more pictures and sound have come both ways."""
        an, binh = self.people
        await _perceives(an, "binh")
        await _perceives(binh, "an")

    async def chats(self) -> None:
        """Returns when each has read what the other wrote."""
        for writer, reader in (self.people, self.people[::-1]):
            before = len(reader.data)
            await writer.room.local_participant.publish_data(b"still here")
            async with asyncio.timeout(20):
                await reader.until(lambda r=reader, b=before: len(r.data) > b)  # type: ignore[misc]

    async def loss(self) -> float:
        """The worst share of packets that any received stream of either missed."""
        worst = 0.0
        for person in self.people:
            stats = await person.room.get_rtc_stats()
            for each in stats.subscriber_stats:
                if each.HasField("inbound_rtp"):
                    counts = each.inbound_rtp.received
                    total = counts.packets_received + max(counts.packets_lost, 0)
                    worst = max(worst, max(counts.packets_lost, 0) / total if total >= 100 else 0.0)
        return worst

    def sessions_lost(self) -> int:
        told = sum(len(person.names_of(event)) for person in self.people for event in LOST)
        return max(told - len(self.people) * self.people_who_left, 0)

    async def judge(self, tally: Tally, at_least: int) -> None:
        """Prints the line and asserts that the call is whole and the node unharmed."""
        if not self.sessions_lost():
            async with asyncio.timeout(20):
                await self.goes_on()
        rows = await rows_of(self.node, ROOM)
        changed = sum(rows.get(identity) != row for identity, row in self.rows.items()) + len(rows) - len(self.rows)
        faults, lost, loss = self.node.faults(), self.sessions_lost(), await self.loss()
        line = (
            f"{tally.name}: bad inputs tried: {tally.total}, accepted: {len(tally.accepted)}, crashes: {len(faults)}, "
            f"sessions lost: {lost}, rows changed: {changed}"
        )
        more = "".join(f", {name}: {value}" for name, value in tally.notes.items())
        sys.stdout.write(f"{line} (canary loss {loss:.2%}{more})\n")
        assert tally.total >= at_least, f"{tally.total} tried, {at_least} wanted"
        assert not tally.accepted, Counter(tally.accepted)
        assert not faults, "\n".join(faults)
        assert (lost, changed) == (0, 0), line
        assert loss <= LOSS_LIMIT, f"{loss:.2%} of the call was lost"


async def _perceives(viewer: Person, publisher: str) -> None:
    """More pictures and sound of that publisher come."""
    await viewer.until(lambda: publisher in viewer.seen and publisher in viewer.heard)
    seen, heard = viewer.seen[publisher], viewer.heard[publisher]
    frames, sounds = seen.frames + 2, heard.frames + 5
    await viewer.until(lambda: seen.frames > frames and heard.frames > sounds)


@asynccontextmanager
async def a_canary(node: LiveNode) -> AsyncIterator[Canary]:
    """The call, going on when the block begins."""
    canary = Canary(node, [Person("an"), Person("binh")])
    try:
        async with asyncio.timeout(40):
            await canary.begin()
        yield canary
    finally:
        await asyncio.gather(*(person.leave() for person in canary.people), return_exceptions=True)
