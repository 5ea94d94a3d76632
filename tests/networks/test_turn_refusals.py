"""What a stranger or a participant tries with our TURN server: the sample configuration refuses it (S11)."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from signaling.protocol.turn import Credential, TurnSettings, credential
from tests.support.link import FAR, NEAR, Link, a_link
from tests.support.turn_asker import TurnAsker
from tests.support.turn_server import SECRET, a_turn_server

TURN = "10.77.0.20"
QUOTA = 12
SETTINGS = TurnSettings(urls=("turn:x",), secret=SECRET)
FORBIDDEN = 403
UNAUTHORIZED = 401
DENIED_PEERS = (
    *("127.0.0.1", "127.0.0.53", "127.255.255.254", "0.0.0.0", "0.0.0.1"),
    *("10.0.0.1", "10.77.0.3", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "192.168.255.255"),
    *("169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "198.18.0.1"),
    *("224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1"),
    *("8.8.8.8", "1.1.1.1", "203.0.113.10", "192.0.2.1", "198.51.100.7"),
    *(TURN, FAR),
    *("::1", "::", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::ffff:10.77.0.1", "::ffff:169.254.169.254"),
    *("fe80::1", "fc00::1", "fd77::1", "fd77::2", "ff02::1", "2001:db8::1", "64:ff9b::a00:1", "2002:a00:1::"),
)


@dataclass(slots=True)
class Stage:
    """A server, and askers for as long as the test lasts."""

    link: Link
    words: Path
    askers: list[TurnAsker]

    def asker(self, made: Credential | None = None) -> TurnAsker:
        one = TurnAsker(self.link.far, TURN, made or credential(SETTINGS, "PA_honest", time.time()))
        self.askers.append(one)
        return one


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with a_link() as link:
        await link.add_near(TURN)
        async with a_turn_server(link.near, tmp_path, address=TURN) as words:
            one = Stage(link, words, [])
            yield one
            for asker in one.askers:
                asker.close()


async def test_only_credentials_that_the_node_made_and_that_are_not_over_open_a_relay(stage: Stage) -> None:
    now = time.time()
    good = credential(SETTINGS, "PA_a", now)
    over = credential(SETTINGS, "PA_a", now - SETTINGS.ttl_s - 5)
    foreign = credential(TurnSettings(urls=("turn:x",), secret="x" * 40), "PA_a", now)
    longer = Credential(f"{int(now) + 10**6}:PA_a", good.password)
    bad = {
        "over": over,
        "another secret": foreign,
        "life made longer": longer,
        "another name": Credential(good.username.replace("PA_a", "PA_b"), good.password),
        "no time": Credential("PA_a", credential(SETTINGS, "PA_a", now).password),
        "no password": Credential(good.username, ""),
        "password cut": Credential(good.username, good.password[:-4]),
        "password of another case": Credential(good.username, good.password.swapcase()),
        "negative time": Credential(f"-1:{good.username}", good.password),
        "long name": Credential(good.username + "x" * 400, good.password),
    }
    refused = {what: await stage.asker(each).allocate() for what, each in bad.items()}
    assert refused == dict.fromkeys(bad, UNAUTHORIZED)
    assert await stage.asker(good).allocate() == 0


async def test_a_relay_leads_to_the_node_and_nowhere_else(stage: Stage) -> None:
    asker = stage.asker()
    assert await asker.allocate() == 0
    answers = {peer: await asker.permit(peer) for peer in DENIED_PEERS}
    # an address of the family that the allocation does not have is a mismatch instead
    assert {peer: code for peer, code in answers.items() if code not in (FORBIDDEN, 443)} == {}
    bound = [await asker.bind(0x4000 + index, peer) for index, peer in enumerate(DENIED_PEERS)]
    assert set(bound) <= {FORBIDDEN, 443}
    assert await asker.permit(NEAR) == 0
    assert len(DENIED_PEERS) * 2 >= 60


@pytest.mark.slow
async def test_without_a_permission_nothing_is_sent(stage: Stage) -> None:
    loop = asyncio.get_running_loop()
    asker = stage.asker()
    assert await asker.allocate() == 0
    with stage.link.near.inside():
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with ear:
        ear.setblocking(False)
        ear.bind((NEAR, 0))
        port = ear.getsockname()[1]
        for _ in range(20):
            asker.send_indication(NEAR, port, b"before")
        assert await asker.permit(NEAR) == 0
        asker.send_indication(NEAR, port, b"after")
        assert await loop.sock_recv(ear, 100) == b"after"


@pytest.mark.slow
async def test_one_person_has_a_dozen_allocations_and_others_still_get_theirs(stage: Stage) -> None:
    greedy = credential(SETTINGS, "PA_greedy", time.time())
    answers = [await stage.asker(greedy).allocate() for _ in range(QUOTA + 3)]
    assert answers == [0] * QUOTA + [486] * 3
    assert await stage.asker(credential(SETTINGS, "PA_other", time.time())).allocate() == 0


@pytest.mark.slow
async def test_channels_to_everywhere_bind_nothing_and_the_server_lives(stage: Stage) -> None:
    asker = stage.asker()
    assert await asker.allocate() == 0
    numbers = range(0x4000, 0x4000 + 600)
    answers = [await asker.bind(number, f"10.77.{number % 7 + 1}.9", 1 + number) for number in numbers]
    assert set(answers) == {FORBIDDEN}
    outside = {number: await asker.bind(number, NEAR) for number in (0, 1, 0x3FFF, 0x8000, 0xFFFF)}
    assert all(outside.values())
    assert await stage.asker(credential(SETTINGS, "PA_other", time.time())).allocate() == 0


@pytest.mark.slow
async def test_what_is_no_request_is_not_answered_with_more_than_was_asked(stage: Stage) -> None:
    loop = asyncio.get_running_loop()
    asker = stage.asker()
    for garbage in (b"", b"\0", b"\0\1", b"x" * 1400, bytes(1400), b"\0\3\xff\xff" + bytes(16), b"\x40\0\0\0data"):
        if garbage:
            asker.socket.send(garbage)
    assert await asker.allocate() == 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await loop.sock_recv(asker.socket, 2048)
