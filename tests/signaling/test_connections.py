"""Connections: what is sent waits in a bounded queue, and a client that does not read is cut off."""

import asyncio
import json
import tracemalloc
from typing import cast

import pytest
from livekit.protocol import rtc

from sfu.engine import Engine
from sfu.events import PathSilent
from sfu.ids import ParticipantSid, RoomName
from signaling.api import connections
from signaling.api.connections import (
    QUEUE_BYTES_LIMIT,
    QUEUE_LIMIT,
    STOPPED_BYTES_LIMIT,
    Connection,
    Connections,
    Frame,
)
from signaling.session.session import SessionState, SignalSession


def drained(connection: Connection) -> list[Frame | None]:
    return [connection.queue.get_nowait() for _ in range(connection.queue.qsize())]


def a_frame() -> Frame:
    return Frame(rtc.SignalResponse(pong=7))


def test_a_frame_is_the_same_message_in_both_encodings() -> None:
    frame = a_frame()
    assert rtc.SignalResponse.FromString(frame.binary()).pong == 7
    assert json.loads(frame.text()) == {"pong": "7"}
    assert frame.binary() is frame.binary() and frame.text() is frame.text()


async def test_what_was_sent_before_the_close_comes_before_it() -> None:
    connection = Connection(SignalSession("ND_1"))
    first = a_frame()
    connection.send(first)
    connection.hang_up()
    connection.hang_up()
    connection.send(a_frame())
    assert drained(connection) == [first, None]


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    connection = Connection(SignalSession("ND_1"))
    for _ in range(QUEUE_LIMIT + 5):
        connection.send(a_frame())
    queued = drained(connection)
    assert_cut_off(queued)


async def test_a_few_large_messages_cut_off_a_client_as_well() -> None:
    connection = Connection(SignalSession("ND_1"))
    large = Frame(rtc.SignalResponse(refresh_token="x" * (QUEUE_BYTES_LIMIT // 4)))
    for _ in range(10):
        connection.send(large)
    assert_cut_off(drained(connection))


@pytest.mark.parametrize("size", [1, 1_000, 500_000])
async def test_r12_what_one_who_has_stopped_makes_us_keep_is_bounded(size: int) -> None:
    connection, most = Connection(SignalSession("ND_1")), 0
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(QUEUE_LIMIT + 100):
            connection.send(Frame(rtc.SignalResponse(refresh_token="x" * size)))
            most = max(most, tracemalloc.get_traced_memory()[0] - before)
    finally:
        tracemalloc.stop()
    assert most <= QUEUE_BYTES_LIMIT * 1.1, most
    assert_cut_off(drained(connection))


async def filled(size: int) -> tuple[Connection, Frame]:
    connection, frame = Connection(SignalSession("ND_1")), Frame(rtc.SignalResponse(refresh_token="x" * size))
    for _ in range(STOPPED_BYTES_LIMIT // size + 1):
        connection.send(frame)
    return connection, frame


async def test_r12_one_who_takes_nothing_keeps_half_of_that_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STOPPED_S", 0.3)
    connection, frame = await filled(100_000)
    async with asyncio.timeout(10):
        while connection.queue.qsize() > 2:
            await asyncio.sleep(0.01)
    assert_cut_off(drained(connection))
    connection, frame = await filled(100_000)
    for _ in range(10):
        # slow, but it moves
        assert await connection.next() is frame
        connection.send(frame)
        connection.send(frame)
        await asyncio.sleep(0)
    connection.hang_up()
    assert drained(connection)[:2] == [frame, frame]


async def test_who_reads_is_never_cut_off() -> None:
    connection = Connection(SignalSession("ND_1"))
    large = Frame(rtc.SignalResponse(refresh_token="x" * (QUEUE_BYTES_LIMIT // 4)))
    for _ in range(20):
        connection.send(large)
        assert await connection.next() is large


def assert_cut_off(queued: list[Frame | None]) -> None:
    """Nothing is left but the reason and the end."""
    reason, end = queued
    assert end is None and reason is not None
    assert rtc.SignalResponse.FromString(reason.binary()).WhichOneof("message") == "leave"


def a_silent_path(*, signalled_s_ago: float) -> list[Frame | None]:
    """What a client is sent whose media has stopped arriving."""
    now = 1000.0
    everybody = Connections(engine=cast(Engine, None), clock=lambda: now)
    connection = Connection(SignalSession("ND_1"))
    connection.session.room, connection.session.participant_sid = RoomName("lesson"), ParticipantSid("PA_an")
    connection.session.state = SessionState.OPEN
    connection.signalled_at = now - signalled_s_ago
    everybody.add(connection)
    for _ in range(3):
        everybody.handle_event(PathSilent(room=RoomName("lesson"), participant_sid=ParticipantSid("PA_an")))
    return drained(connection)


async def test_a_client_that_signals_while_its_media_is_silent_is_asked_once_to_find_a_path() -> None:
    asked, closed = a_silent_path(signalled_s_ago=0.8)
    assert asked is not None and closed is None
    leave = rtc.SignalResponse.FromString(asked.binary()).leave
    assert leave.action == rtc.LeaveRequest.Action.RESUME


async def test_a_client_that_is_silent_on_both_ways_is_not_asked() -> None:
    assert a_silent_path(signalled_s_ago=3.1) == []
