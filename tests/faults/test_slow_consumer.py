"""R12: one who has stopped, socket and data channels open, costs the node little and the others nothing.

The same meeting twice, each on a node of its own: first the guest reads, then it is stopped in the middle. What the
second takes more is the guest's doing.
"""

import asyncio
import signal
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from livekit import api

from tests.conformance.people import KEY, SECRET, Person, a_token
from tests.support.live_node import LiveNode, a_live_node
from tests.support.sdk_person import SdkPerson, people_ended

ROOM = "meeting"
PEOPLE, SPEAKERS = 16, 2
LINES_PER_S = 20
PHASE_S = 20.0
FILES_PER_S = 20
CHAT, A_FILE = b"c" * 300, bytes(14_000)
CUT_OFF = ("a peer that reads no data is cut off", "client does not read")
KEPT_KIB = 4 * 1024
# what two runs of the same differ by in resident memory: pages of the allocator
NOISE_KIB = 2 * 1024
TOPIC = "line"


@dataclass(slots=True)
class Meeting:
    """What was written in it and when each read it."""

    people: list[Person]
    written: dict[int, float] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    reads: list[list[int]] = field(default_factory=list)

    async def begin(self, node: LiveNode) -> None:
        for number, person in enumerate(self.people):
            # sound that nobody listens to would keep the test busy, not the node
            await person.join(node.url, a_token(person.identity, ROOM), auto_subscribe=number < SPEAKERS)
            reads: list[int] = []
            self.reads.append(reads)
            person.room.on("data_received", lambda packet, reads=reads: self._read(packet, reads))
            if number < SPEAKERS:
                await person.publish_microphone()
        for person in self.people[:SPEAKERS]:
            await person.until(lambda one=person: len(one.heard) >= SPEAKERS - 1)  # type: ignore[misc]

    def _read(self, packet: object, reads: list[int]) -> None:
        if packet.topic == TOPIC:  # type: ignore[attr-defined]
            number = struct.unpack("!I", packet.data[:4])[0]  # type: ignore[attr-defined]
            reads.append(number)
            self.delays.append(time.monotonic() - self.written[number])

    async def chat(self, seconds: float) -> None:
        """Everybody in turn writes a line; returns when all have read all of them, in the order of each writer."""
        began = time.monotonic()
        while (now := time.monotonic()) < began + seconds:
            number = len(self.written)
            self.written[number] = now
            writer = self.people[number % len(self.people)].room.local_participant
            await writer.publish_data(struct.pack("!I", number) + CHAT, reliable=True, topic=TOPIC)
            await asyncio.sleep(max(began + (number + 1) / LINES_PER_S - time.monotonic(), 0))
        async with asyncio.timeout(30):
            for reader, reads in zip(self.people, self.reads, strict=True):
                await reader.until(lambda r=reads: len(r) >= len(self._due(r)))  # type: ignore[misc]
        for reads in self.reads:
            assert sorted(reads) == self._due(reads), "a line was lost or came twice"

    def _due(self, reads: list[int]) -> list[int]:
        """The lines of everybody else."""
        own = next(at for at, each in enumerate(self.reads) if each is reads)
        return [number for number in sorted(self.written) if number % len(self.people) != own]


@dataclass(slots=True)
class Outcome:
    """What one run took."""

    grown_kib: int
    delays: list[float]
    reasons: list[str]

    def line(self, name: str) -> str:
        p50, p99 = (self.delays[len(self.delays) * share // 100] * 1e3 for share in (50, 99))
        return (
            f"R12 {name}: {PEOPLE} people, {len(self.delays)} lines read, p50 {p50:.0f}, p99 {p99:.0f}, "
            f"most {self.delays[-1] * 1e3:.0f} ms; memory grown at most {self.grown_kib} KiB; "
            f"{self.reasons or 'nobody cut off'}"
        )


@asynccontextmanager
async def files_for(node: LiveNode, identity: str) -> AsyncIterator[None]:
    """The backend sends one participant reliable data, 280 kB a second."""

    async def send() -> None:
        async with api.LiveKitAPI(node.url, KEY, SECRET) as server:
            request = api.SendDataRequest(
                room=ROOM, data=A_FILE, kind=api.DataPacket.Kind.RELIABLE, destination_identities=[identity]
            )
            while True:
                with suppress(api.TwirpError):
                    # it may be gone
                    await server.room.send_data(request)
                await asyncio.sleep(1 / FILES_PER_S)

    sending = asyncio.create_task(send())
    try:
        yield
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def largest_growth(node: LiveNode, ended: asyncio.Event) -> int:
    before = most = node.rss_kib
    while not ended.is_set():
        most = max(most, node.rss_kib)
        await asyncio.sleep(0.1)
    return most - before


async def a_run(folder: Path, *, is_stopped: bool) -> Outcome:
    meeting = Meeting([Person(f"person-{number}") for number in range(PEOPLE)])
    async with a_live_node(folder) as node:
        ticket = {"url": node.url.replace("http", "ws", 1), "token": a_token("guest", ROOM)}
        guest = await SdkPerson.joined(ticket)
        try:
            async with people_ended([guest]), asyncio.timeout(240):
                await meeting.begin(node)
                await meeting.chat(PHASE_S / 3)
                meeting.delays.clear()
                if is_stopped:
                    guest.signal(signal.SIGSTOP)
                ended = asyncio.Event()
                measuring = asyncio.create_task(largest_growth(node, ended))
                async with files_for(node, "guest"):
                    await meeting.chat(PHASE_S)
                ended.set()
                grown_kib = await measuring
        finally:
            await asyncio.gather(*(person.leave() for person in meeting.people), return_exceptions=True)
        assert not node.faults()
        reasons = [reason for reason in CUT_OFF if node.entries(reason)]
    return Outcome(grown_kib, sorted(meeting.delays), reasons)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_one_who_has_stopped_costs_little_and_the_others_nothing(tmp_path: Path) -> None:
    outcomes = {}
    for name, is_stopped in (("who reads", False), ("who has stopped", True)):
        (tmp_path / name).mkdir()
        outcomes[name] = outcome = await a_run(tmp_path / name, is_stopped=is_stopped)
        sys.stdout.write(outcome.line(f"beside one {name}") + "\n")
    reading, stopped = outcomes["who reads"], outcomes["who has stopped"]
    assert not reading.reasons and stopped.reasons, "cut off with a reason, and only who has stopped"
    assert stopped.grown_kib - reading.grown_kib <= KEPT_KIB + NOISE_KIB
    p99 = [outcome.delays[len(outcome.delays) * 99 // 100] for outcome in (reading, stopped)]
    assert p99[1] <= 2 * p99[0] + 0.2, "the others wait because of it"
