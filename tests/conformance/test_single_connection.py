"""Real clients with one peer connection instead of two: what is different for the node, and what must not be."""

from aiohttp.test_utils import TestServer

from signaling.node import ENGINE
from tests.conformance.people import Person, people

# livekit's clients begin with three receiving sections of each kind
SECTIONS_AT_FIRST = 3


async def test_one_transport_carries_what_two_did(node: TestServer, protocol: dict[str, bool]) -> None:
    async with people(node, "an", "binh", **protocol) as (an, binh):
        await an.publish_camera(60)
        await binh.publish_camera(180)
        await an.until(lambda: "binh" in an.seen and an.seen["binh"].frames > 2)
        await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 2)
        await an.room.local_participant.publish_data(b"up and down")
        await binh.until(lambda: binh.data)
        per_person = 1 if protocol["single_peer_connection"] else 2
        assert node.app[ENGINE].open_transports == 2 * per_person


async def test_a_viewer_is_asked_for_the_sections_it_lacks(node: TestServer) -> None:
    async with people(node, "an", "binh", single_peer_connection=True) as (an, binh):
        for number in range(SECTIONS_AT_FIRST + 2):
            await an.publish_camera(60 + number)
        await an.publish_microphone()
        await binh.until(lambda: len(binh.names_of("track_subscribed")) == SECTIONS_AT_FIRST + 3)
        # who comes to all of it at once
        async with people(node, "chi", single_peer_connection=True) as (chi,):
            await chi.until(lambda: len(chi.names_of("track_subscribed")) == SECTIONS_AT_FIRST + 3)
            await chi.until(lambda: chi.seen["an"].frames > 10 and chi.heard["an"].peak > 3000)


async def test_people_of_both_protocols_meet(node: TestServer) -> None:
    async with (
        people(node, "one", single_peer_connection=True) as (one,),
        people(node, "two", single_peer_connection=False) as (two,),
    ):
        await one.publish_camera(60)
        await one.publish_microphone()
        await two.publish_camera(180)
        await two.publish_microphone()
        await one.until(lambda: _is_met(one, "two", 180))
        await two.until(lambda: _is_met(two, "one", 60))


def _is_met(person: Person, other: str, luma: int) -> bool:
    seen, heard = person.seen.get(other), person.heard.get(other)
    return bool(seen and heard and seen.frames > 2 and abs(seen.luma - luma) < 12 and heard.peak > 3000)


async def test_sections_are_used_again_and_again(node: TestServer) -> None:
    async with people(node, "an", "binh", single_peer_connection=True) as (an, binh):
        for luma in (40, 90, 140, 190, 240):
            before = len(binh.names_of("track_subscribed"))
            publication = await an.publish_camera(luma)
            await binh.until(lambda before=before: len(binh.names_of("track_subscribed")) > before)
            await binh.until(lambda luma=luma: abs(binh.seen["an"].luma - luma) < 12)
            gone = len(binh.names_of("track_unpublished"))
            await an.room.local_participant.unpublish_track(publication.sid)
            await binh.until(lambda gone=gone: len(binh.names_of("track_unpublished")) > gone)
