"""The snapshot law: what a client knew at its join, with every update since, is what a newcomer is told now."""

from collections.abc import Awaitable, Callable

from aiohttp.test_utils import TestClient, TestServer
from livekit import rtc as client_rtc
from livekit.protocol import models

from tests.conformance.people import Person, a_token
from tests.signaling.wire import Wire, wired

DISCONNECTED = models.ParticipantInfo.State.DISCONNECTED
Known = dict[str, models.ParticipantInfo]


async def told_now(client: TestClient, number: int) -> Known:
    """What a newcomer who goes at once is told of the others."""
    async with wired(client, f"newcomer-{number}") as wire:
        join = (await wire.receive()).join
        return {other.sid: other for other in join.other_participants}


async def take(wire: Wire, known: Known) -> None:
    """One message more."""
    response = await wire.receive()
    for update in response.update.participants:
        known[update.sid] = update
        if update.state == DISCONNECTED:
            del known[update.sid]


async def test_a_snapshot_and_the_updates_since_are_a_fresh_snapshot(node: TestServer) -> None:
    an, binh = Person("an"), Person("binh")
    published: list[client_rtc.LocalTrackPublication] = []

    async def publish() -> None:
        published.append(await an.publish_camera(60))

    async def mute() -> None:
        published[0].track.mute()

    async def unpublish() -> None:
        await an.room.local_participant.unpublish_track(published[0].sid)

    steps: list[Callable[[], Awaitable[object]]] = [
        lambda: an.join(node, a_token("an", can_update_own_metadata=True)),
        lambda: binh.join(node),
        publish,
        lambda: an.room.local_participant.set_metadata("hand up"),
        mute,
        lambda: binh.leave(),
        unpublish,
        lambda: an.leave(),
    ]
    async with TestClient(node) as client, wired(client, "observer") as observer:
        known: Known = {other.sid: other for other in (await observer.receive()).join.other_participants}
        for number, step in enumerate(steps):
            before = dict(known)
            await step()
            while known == before:
                await take(observer, known)
            while (fresh := without_observer(await told_now(client, number))) != without_observer(known):
                assert known != fresh
                await take(observer, known)


def without_observer(known: Known) -> Known:
    return {sid: who for sid, who in known.items() if who.identity != "observer"}
