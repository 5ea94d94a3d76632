"""Many who watch, for a node that is to have too much to do: connected and keyed, but what comes for them is dropped at
their sockets by the kernel, so that the load is the node's and not the test's.
"""

import asyncio
import ctypes
import socket
import struct
import time
from collections import defaultdict
from contextlib import AsyncExitStack

from livekit.protocol import rtc

from tests.support.live_node import LiveNode
from tests.support.scripted_association import Association
from tests.support.scripted_channels import ScriptedChannels
from tests.support.scripted_person import ScriptedPerson, a_scripted_person

SO_ATTACH_FILTER, SO_DETACH_FILTER = 26, 27  # Linux; not in the socket module
# no feedback comes from those who read nothing: they do not promise any, and their paths are said to carry this
FEEDBACK = ("transport-wide-cc", "transport-cc", "goog-remb", "nack")
PATH_BPS = 10**9


def socket_of(association: Association) -> socket.socket:
    """The one it sends and receives with."""
    assert association._transport is not None
    found: socket.socket = association._transport.get_extra_info("socket")
    return found


def deafen(association: Association) -> None:
    """Nothing is delivered to its socket any more: one instruction, `return 0`."""
    instruction = ctypes.create_string_buffer(bytes((6, 0, 0, 0, 0, 0, 0, 0)))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    program = Program(1, ctypes.addressof(instruction))
    socket_of(association).setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, bytes(program))


def hear(association: Association) -> None:
    """From now on what is sent to it comes again."""
    socket_of(association).setsockopt(socket.SOL_SOCKET, SO_DETACH_FILTER, 0)


class _Numbers(asyncio.DatagramProtocol):
    """When which sequence number came, of each source."""

    def __init__(self) -> None:
        self.came: dict[int, list[tuple[float, int]]] = defaultdict(list)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[0] & 0xC0 == 0x80 and not 192 <= data[1] <= 223:
            _, _, sequence, _, ssrc = struct.unpack_from("!BBHII", data)
            self.came[ssrc].append((time.monotonic(), sequence))


async def most_packets_per_s(association: Association, seconds: float = 1.0) -> float:
    """Of the source that sends it the most. Numbers are not encrypted; who was deaf for long can decipher no more."""
    transport, numbers = association._transport, _Numbers()
    assert transport is not None
    transport.set_protocol(numbers)
    hear(association)
    try:
        await asyncio.sleep(seconds)
    finally:
        deafen(association)
        transport.set_protocol(association)
    rates = [0.0]
    for came in numbers.came.values():
        (began, first), (ended, last) = came[0], came[-1]
        if ended > began:
            rates.append((last - first) % 65536 / (ended - began))
    return max(rates)


async def stays(stack: AsyncExitStack, person: ScriptedPerson) -> Association:
    """Its subscriber side connected with its channels open, every later offer answered: nothing that a node ends."""
    association = await person.subscribe()
    channels = ScriptedChannels(association)
    stack.push_async_callback(channels.close)
    await channels.open()
    answering = asyncio.create_task(person.keep_receiving())
    stack.callback(answering.cancel)
    return association


class Crowd:
    """Grows by `join`, shrinks by `leave`."""

    def __init__(self, node: LiveNode, room: str) -> None:
        self._node, self._room = node, room
        self._number = 0
        self.stays: list[tuple[AsyncExitStack, ScriptedPerson]] = []

    async def join(self) -> ScriptedPerson:
        """One more who is sent everything."""
        self._number += 1
        stack = AsyncExitStack()
        person = await stack.enter_async_context(a_scripted_person(self._node, f"viewer-{self._number}", self._room))
        self.stays.append((stack, person))
        person.declines = FEEDBACK
        await person.wire.ask(simulate=rtc.SimulateScenario(subscriber_bandwidth=PATH_BPS))
        deafen(await stays(stack, person))
        return person

    async def leave(self, number: int) -> None:
        """The last so many go."""
        for _ in range(number):
            stack, _person = self.stays.pop()
            await stack.aclose()
