"""LiveKit's own client loses its WebSocket only: it resumes the same stay, and media never stops."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp.test_utils import TestServer

from sfu.events import Event, ParticipantLeft
from sfu.ids import RoomName
from signaling.node import ENGINE
from tests.conformance.people import Person, people
from tests.support.relay import Relay, a_relay


def departures(node: TestServer) -> list[str]:
    """Who leaves from now on."""
    gone: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, ParticipantLeft):
            gone.append(event.participant.identity)

    node.app[ENGINE].events(note)
    return gone


@asynccontextmanager
async def behind_a_relay(node: TestServer, identity: str) -> AsyncIterator[tuple[Person, Relay]]:
    """A person whose signalling can be cut."""
    person = Person(identity)
    assert node.port is not None
    async with a_relay("127.0.0.1", node.port) as (relay, url):
        for name in ("reconnecting", "reconnected"):
            person.room.on(name, person._listener(name))
        await person.join(url)
        try:
            yield person, relay
        finally:
            await person.leave()


async def test_a_cut_socket_is_resumed_as_the_same_stay(node: TestServer) -> None:
    gone = departures(node)
    async with people(node, "binh") as (binh,), behind_a_relay(node, "an") as (an, relay):
        await an.publish_camera(120)
        await binh.publish_camera(60)
        await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 3)
        await an.until(lambda: "binh" in an.seen and an.seen["binh"].frames > 3)
        sid = an.room.local_participant.sid
        published = set(an.room.local_participant.track_publications)
        relay.cut()
        await an.until(lambda: an.names_of("reconnecting"))
        before = (binh.seen["an"].frames, an.seen["binh"].frames)
        await binh.room.local_participant.publish_data(b"meanwhile")
        # media goes on while nobody signals
        await binh.until(lambda: binh.seen["an"].frames > before[0] + 3)
        await an.until(lambda: an.seen["binh"].frames > before[1] + 3)
        relay.mend()
        await an.until(lambda: an.names_of("reconnected"))
        before = (binh.seen["an"].frames, an.seen["binh"].frames)
        await binh.until(lambda: binh.seen["an"].frames > before[0] + 3)
        await an.until(lambda: an.seen["binh"].frames > before[1] + 3)
        await an.until(lambda: an.data)
        assert [packet.data for packet in an.data] == [b"meanwhile"]
        assert an.room.local_participant.sid == sid
        assert set(an.room.local_participant.track_publications) == published
        assert not gone and not binh.names_of("participant_disconnected")
        await an.room.local_participant.publish_data(b"back")
        await binh.until(lambda: binh.data)
        await an.publish_microphone()
        await binh.until(lambda: "an" in binh.heard and binh.heard["an"].peak > 1000)


async def test_a_stay_that_was_ended_meanwhile_is_begun_anew(node: TestServer) -> None:
    async with people(node, "binh") as (binh,), behind_a_relay(node, "an") as (an, relay):
        await an.publish_camera(120)
        await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 3)
        engine = node.app[ENGINE]
        sid = next(one.sid for one in engine.participants(RoomName("hall")) if one.identity == "an")
        relay.cut()
        await an.until(lambda: an.names_of("reconnecting"))
        engine.remove_participant(RoomName("hall"), "an")  # type: ignore[arg-type]
        relay.mend()
        await an.until(lambda: an.names_of("reconnected"))
        assert [one.sid for one in engine.participants(RoomName("hall")) if one.identity == "an"] != [sid]
