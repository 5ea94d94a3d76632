"""The line of our tests does what it is asked: exactly in virtual time, roughly between two namespaces."""

import asyncio
import socket
import time
from typing import Any

import pytest

from tests.support.conditions import Conditions, Lane
from tests.support.link import FAR, NEAR, NEAR6, Link, a_link
from tests.support.namespace import needs_namespaces


def a_lane(seed: int = 1, **conditions: Any) -> Lane:
    lane = Lane(seed)
    lane.conditions = Conditions(**conditions)
    return lane


def test_a_whole_line_delivers_at_once_and_a_cut_one_nothing() -> None:
    assert a_lane().take(100, 5.0) == [5.0]
    assert a_lane(is_cut=True).take(100, 5.0) == []


def test_the_same_seed_loses_the_same_packets() -> None:
    first, second = ([a_lane(7, loss=0.5).take(1, 0.0)] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("burst", [1.0, 4.0])
def test_loss_comes_out_at_what_was_asked_and_in_runs(burst: float) -> None:
    lane = a_lane(loss=0.1, burst=burst)
    fates = ["." if lane.take(1, 0.0) else "x" for _ in range(100_000)]
    runs = [run for run in "".join(fates).split(".") if run]
    assert 0.09 < fates.count("x") / len(fates) < 0.11
    assert abs(sum(map(len, runs)) / len(runs) - (burst if burst > 1 else 1.11)) < 0.2


def test_jitter_keeps_the_order_and_reordering_does_not() -> None:
    steady = a_lane(delay_s=0.1, jitter_s=0.05)
    arrivals = [steady.take(1, at / 1000)[0] for at in range(1000)]
    assert arrivals == sorted(arrivals)
    late = a_lane(reorder=0.1)
    arrivals = [late.take(1, at / 1000)[0] for at in range(1000)]
    assert arrivals != sorted(arrivals)


def test_copies_are_made_as_often_as_asked() -> None:
    lane = a_lane(duplicate=0.25)
    assert 2400 < sum(len(lane.take(1, 0.0)) - 1 for _ in range(10_000)) < 2600


def test_a_narrow_place_spaces_packets_and_drops_what_would_wait_too_long() -> None:
    lane = a_lane(rate_bps=80_000, buffer_s=0.25)
    arrivals = [lane.take(1000, 0.0) for _ in range(6)]
    assert arrivals == [[pytest.approx(0.1 * (n + 1))] for n in range(3)] + [[]] * 3
    assert lane.take(1000, 1.0) == [pytest.approx(1.1)]


async def _exchange(link: Link, count: int, *, target: str = NEAR, family: int = socket.AF_INET) -> list[float]:
    """Round trip times of those of `count` datagrams from far to near and back that made it within 2 s."""
    loop = asyncio.get_running_loop()
    with link.near.inside():
        echo = socket.socket(family, socket.SOCK_DGRAM)
    with link.far.inside():
        asker = socket.socket(family, socket.SOCK_DGRAM)
    with echo, asker:
        echo.setblocking(False)
        asker.setblocking(False)
        echo.bind((target, 0))
        asker.connect((target, echo.getsockname()[1]))

        async def answer() -> None:
            while True:
                datagram, sender = await loop.sock_recvfrom(echo, 2048)
                await loop.sock_sendto(echo, datagram, sender)

        answering = asyncio.create_task(answer())
        took: list[float] = []
        for _ in range(count):
            await loop.sock_sendall(asker, str(time.monotonic()).encode())
        try:
            async with asyncio.timeout(2):
                while len(took) < count:
                    sent_at = float(await loop.sock_recv(asker, 2048))
                    took.append(time.monotonic() - sent_at)
        except TimeoutError:
            pass
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        return took


@needs_namespaces
async def test_two_namespaces_meet_over_the_line_and_its_conditions_hold() -> None:
    async with a_link() as link:
        assert len(await _exchange(link, 20)) == 20
        assert len(await _exchange(link, 5, target=NEAR6, family=socket.AF_INET6)) == 5
        await link.set(both=Conditions(delay_s=0.1))
        assert min(await _exchange(link, 10)) >= 0.2
        before = await link.set(up=Conditions(is_cut=True), down=Conditions())
        assert await _exchange(link, 3) == []
        after = await link.counts()
        assert (after["up"]["lost"] - before["up"]["lost"], after["down"]["lost"]) == (3, before["down"]["lost"])


@needs_namespaces
async def test_the_far_side_moves_to_another_address_and_gets_other_ports() -> None:
    loop = asyncio.get_running_loop()
    async with a_link() as link:
        with link.near.inside():
            ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with link.far.inside():
            mouth = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with ear, mouth:
            ear.setblocking(False)
            ear.bind((NEAR, 0))

            async def heard_from() -> tuple[str, int]:
                mouth.sendto(b"here", ear.getsockname())
                sender: tuple[str, int] = (await loop.sock_recvfrom(ear, 10))[1]
                return sender

            assert (await heard_from())[0] == FAR
            await link.rebind("40000-40999")
            assert 40000 <= (await heard_from())[1] <= 40999
            await link.rebind("41000-41999")
            assert 41000 <= (await heard_from())[1] <= 41999
            await link.move("10.77.0.9")
            mouth.connect(ear.getsockname())
            assert (await loop.run_in_executor(None, mouth.getsockname))[0] == "10.77.0.9"
