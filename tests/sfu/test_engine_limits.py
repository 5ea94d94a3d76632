"""Time limits, bounds, hostile input and failures of others: what the engine does about them."""

import asyncio
import os
import socket

import pytest

from sfu.config import EngineConfig, JoinRequest, LeaveReason, RoomRequest
from sfu.engine import Engine
from sfu.errors import LimitExceededError, NotAllowedError, NotFoundError, SfuError
from sfu.events import ParticipantLeft, RoomFinished, RoomStarted
from sfu.ids import Identity
from sfu.media import Kind, Source, TrackRequest
from tests.sfu.clients import ROOM, Story, an_engine, clients, next_frame


def a_join(identity, **options):
    return JoinRequest(identity=Identity(identity), **options)


async def test_who_never_becomes_active_is_sent_away():
    async with an_engine(join_timeout_s=0.1) as engine:
        story = Story(engine)
        engine.join(ROOM, a_join("ana"))
        left = await story.until(ParticipantLeft)
        assert left.reason is LeaveReason.CONNECTION_TIMEOUT


async def test_a_room_is_over_some_time_after_the_last_has_left():
    async with an_engine() as engine:
        story = Story(engine)
        engine.create_room(RoomRequest(name=ROOM, departure_timeout_s=0))
        sid = engine.join(ROOM, a_join("ana")).participant.sid
        engine.leave(sid, LeaveReason.CLIENT_INITIATED)
        finished = await story.until(RoomFinished)
        assert finished.reason is LeaveReason.ROOM_CLOSED
        assert engine.rooms() == ()


async def test_a_room_is_configured_by_the_join_that_creates_it():
    async with an_engine() as engine:
        story = Story(engine)
        request = a_join("ana", room=RoomRequest(name=ROOM, metadata="from token", max_participants=1))
        assert engine.join(ROOM, request).room.metadata == "from token"
        with pytest.raises(LimitExceededError):
            engine.join(ROOM, a_join("binh"))
        assert [each.identity for each in engine.participants(ROOM)] == ["ana"]
        await story.until(RoomStarted)


async def test_a_track_beyond_the_grant_is_refused():
    async with an_engine() as engine:
        permission = engine.join(ROOM, a_join("x")).participant.permission
        only = type(permission)(can_publish_sources=frozenset({Source.MICROPHONE}))
        sid = engine.join(ROOM, a_join("ana", permission=only)).participant.sid
        with pytest.raises(NotAllowedError):
            engine.add_track(sid, TrackRequest(cid="c", kind=Kind.VIDEO, source=Source.CAMERA))


async def test_a_failing_reader_of_events_takes_none_from_the_others():
    async with an_engine() as engine:

        def fail(event):
            raise RuntimeError("reader's fault")

        engine.events(fail)
        story = Story(engine)
        engine.create_room(RoomRequest(name=ROOM))
        await story.until(RoomStarted)


async def test_a_reader_may_stop_reading():
    async with an_engine() as engine:
        heard = []
        forget = engine.events(heard.append)
        story = Story(engine)
        forget()
        engine.create_room(RoomRequest(name=ROOM))
        await story.until(RoomStarted)
        assert heard == []


async def test_a_reader_may_call_the_engine():
    async with an_engine() as engine:
        engine.events(lambda event: isinstance(event, RoomStarted) and engine.delete_room(ROOM))
        story = Story(engine)
        engine.create_room(RoomRequest(name=ROOM))
        await story.until(RoomFinished)


async def test_a_port_in_use_is_a_clear_error():
    async with an_engine() as engine:
        with pytest.raises(SfuError) as failed:
            await Engine.create(EngineConfig(bind=f"127.0.0.1:{engine.local_port}"))
        assert failed.value.code == "bind_failed"


async def test_the_advertised_address_is_bound_when_it_is_ours():
    engine = await Engine.create(EngineConfig(bind="0.0.0.0:0", addresses=("127.0.0.1",)))
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with probe:
        # the wildcard is still free: only the one address was taken
        probe.bind(("127.0.0.2", engine.local_port))
    await engine.close()


async def test_an_advertised_address_of_somebody_else_means_the_wildcard():
    engine = await Engine.create(EngineConfig(bind="0.0.0.0:0", addresses=("198.51.100.7",)))
    assert engine.local_port
    await engine.close()


async def test_closing_twice_is_nothing():
    engine = await Engine.create(EngineConfig(bind="127.0.0.1:0"))
    await engine.close()
    await engine.close()
    with pytest.raises(SfuError):
        engine.join(ROOM, a_join("late"))


async def test_closing_tells_everybody():
    engine = await Engine.create(EngineConfig(bind="127.0.0.1:0"))
    story = Story(engine)
    engine.join(ROOM, a_join("ana"))
    await engine.close()
    assert [event.reason for event in story.of(ParticipantLeft)] == [LeaveReason.SERVER_SHUTDOWN]


async def test_random_datagrams_do_not_disturb_a_call():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        await ana.publish_microphone()
        track = await binh.next_track()
        await next_frame(track)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
            for size in (0, 1, 2, 12, 20, 60, 200, 1400):
                for first in (0, 1, 20, 22, 63, 64, 128, 144, 191, 255):
                    attacker.sendto((bytes([first]) + os.urandom(size))[:size], ("127.0.0.1", engine.local_port))
        for _ in range(20):
            await next_frame(track)
        assert len(engine.participants(ROOM)) == 2


async def test_one_clients_sudden_end_leaves_the_others_alone():
    async with an_engine() as engine, clients(engine, "ana", "binh") as (ana, binh):
        await ana.publish_microphone()
        track = await binh.next_track()
        async with clients(engine, "chi") as (chi,):
            await next_frame(await chi.next_track())
            await chi.subscriber.close()
        for _ in range(10):
            await next_frame(track)


async def test_after_leaving_nothing_works_any_more():
    async with an_engine() as engine:
        sid = engine.join(ROOM, a_join("ana")).participant.sid
        engine.leave(sid, LeaveReason.CLIENT_INITIATED)
        with pytest.raises(NotFoundError):
            await engine.publisher_offer(sid, "v=0")
        with pytest.raises(NotFoundError):
            engine.subscriber_answer(sid, "v=0", 1)


async def test_many_join_at_once():
    async with an_engine() as engine:
        joined = [engine.join(ROOM, a_join(f"p{number}")) for number in range(100)]
        assert len({result.participant.sid for result in joined}) == 100
        assert len(joined[-1].others) == 99
        engine.delete_room(ROOM)
        async with asyncio.timeout(10):
            while engine.open_transports:
                await asyncio.sleep(0.01)
