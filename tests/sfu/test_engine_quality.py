"""The quality of connections as the engine tells it, of real clients whose packets really get lost."""

import asyncio

from sfu.config import Permission
from sfu.events import ConnectionQualityChanged
from sfu.media import ConnectionQuality
from tests.sfu.clients import PATIENCE_S, Story, an_engine, clients, next_frame

EXCELLENT, LOST = ConnectionQuality.EXCELLENT, ConnectionQuality.LOST


async def told(story, reader, of, qualities):
    """Waits until `reader` was told one of these qualities of somebody."""

    def says_so(event):
        found = dict(event.qualities).get(of)
        return event.participant_sid == reader and found is not None and found.quality in qualities

    return await story.until(ConnectionQualityChanged, says_so)


def lose_one_in(peer, every):
    """Drops media packets on their way out, evenly."""
    ice = peer.getSenders()[0].transport.transport
    send, count = ice._send, 0

    async def lossy(data):
        nonlocal count
        count += 128 <= data[0] < 192
        if count % every or not 128 <= data[0] < 192:
            await send(data)

    ice._send = lossy


def fall_silent(peer):
    """Closes the sockets under it without a word."""
    for connection in {each.transport.transport._connection for each in (peer.sctp, *peer.getSenders()) if each}:
        for protocol in connection._protocols:
            protocol.transport.close()


async def test_a_good_line_is_excellent_for_oneself_and_for_who_receives_one():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        await ana.publish_microphone()
        await next_frame(await binh.next_track())
        await told(story, ana.sid, ana.sid, {EXCELLENT})
        await told(story, binh.sid, ana.sid, {EXCELLENT})
        for event in story.of(ConnectionQualityChanged):
            # she receives nothing of him
            assert event.participant_sid != ana.sid or binh.sid not in dict(event.qualities)


async def test_lost_packets_are_told_to_those_who_miss_them():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        await ana.publish_microphone()
        await next_frame(await binh.next_track())
        lose_one_in(ana.publisher, 4)
        bad = {ConnectionQuality.GOOD, ConnectionQuality.POOR}
        await told(story, binh.sid, ana.sid, bad)
        await told(story, ana.sid, ana.sid, bad)
        assert not any(
            one.quality is LOST for event in story.of(ConnectionQualityChanged) for _, one in event.qualities
        )


async def test_who_is_not_heard_any_more_is_lost_and_nobody_else():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        story = Story(engine)
        await ana.publish_microphone()
        await next_frame(await binh.next_track())
        for peer in (ana.publisher, ana.subscriber):
            fall_silent(peer)
        async with asyncio.timeout(2 * PATIENCE_S):
            while not any(dict(event.qualities).get(ana.sid) for event in lost(story)):
                await asyncio.sleep(0.1)
        assert all(set(dict(event.qualities)) == {ana.sid} for event in lost(story))


def lost(story):
    return [
        event for event in story.of(ConnectionQualityChanged) if any(one.quality is LOST for _, one in event.qualities)
    ]


async def test_the_hidden_are_told_of_themselves_alone():
    async with an_engine() as engine, clients(engine, "ana") as (ana,):
        async with clients(engine, "tape", permission=Permission(is_hidden=True)) as (tape,):
            story = Story(engine)
            await ana.publish_microphone()
            await next_frame(await tape.next_track())
            await told(story, tape.sid, tape.sid, {EXCELLENT})
            await told(story, ana.sid, ana.sid, {EXCELLENT})
            for event in story.of(ConnectionQualityChanged):
                assert event.participant_sid == tape.sid or tape.sid not in dict(event.qualities)
