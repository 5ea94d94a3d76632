"""One who shows three layers of small packets and speaks, as a process of its own, so that what else a test does costs
no packet. No two packets that follow each other are alike in size: each costs the node a packet, none goes in a batch.

As a program it prints one line with the sids of video and voice when packets flow, until it is killed. Each
payload ends in what tells it: the layer's name, or `|` and the number of the voice packet.
"""

import asyncio
import dataclasses
import json
import struct
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sfu.wire import vp8_payload
from tests.support.crowd import stays
from tests.support.live_node import LiveNode
from tests.support.scripted_association import Association
from tests.support.scripted_person import MID_ID, RID_ID, VP8, ScriptedPerson, Section, a_scripted_person

ROOT = Path(__file__).resolve().parents[2]
VOICE = Section(kind="audio", mid="0", cid="voice", ssrc=8001)
VIDEO = Section(kind="video", mid="1", cid="video", rids=("q", "h", "f"))
FRAMES_PER_S = 60
PACKETS_A_FRAME = {"q": 8, "h": 40, "f": 240}
KEY_EVERY = 30
VOICE_EVERY_S = 0.02


class Lecture:
    """What is sent, frame by frame."""

    def __init__(self, person: ScriptedPerson, association: Association) -> None:
        self._person, self._association = person, association
        self._frame = self._voices = 0
        self._sequences = dict.fromkeys(PACKETS_A_FRAME, 0)

    async def run(self) -> None:
        """Until cancelled."""
        began = time.monotonic()
        while True:
            self._send_frame()
            while self._voices * VOICE_EVERY_S <= time.monotonic() - began:
                self._send_voice()
            await asyncio.sleep(max(self._frame / FRAMES_PER_S - (time.monotonic() - began), 0.001))

    def _send_voice(self) -> None:
        self._voices += 1
        packet = self._person.packet(VOICE)
        self._association.send_rtp(dataclasses.replace(packet, payload=packet.payload + b"|%d" % self._voices))

    def _send_frame(self) -> None:
        """By hand, as cheap as Python is: the node is to be what has no time."""
        self._frame += 1
        is_key, timestamp = self._frame % KEY_EVERY == 1, self._frame * 90_000 // FRAMES_PER_S
        association = self._association
        for index, (rid, packets) in enumerate(PACKETS_A_FRAME.items()):
            head, mark = struct.Struct("!BBHII"), rid.encode()
            named = {MID_ID: VIDEO.mid.encode(), RID_ID: mark}
            extension = self._person.packet(VIDEO, b" ", extensions=named).pack()[12:-1]
            first, more = (vp8_payload(self._frame, is_key=is_key, is_start=it) for it in (True, False))
            for part in range(packets):
                self._sequences[rid] += 1
                kind = VP8 | 0x80 if part == packets - 1 else VP8
                header = head.pack(0x90, kind, self._sequences[rid] & 0xFFFF, timestamp, 9001 + index)
                payload = (more if part else first) + bytes(60 + part) + mark
                association.send(association.protect(header + extension + payload))


@dataclass(slots=True)
class Lecturer:
    """The process, seen from the test."""

    process: asyncio.subprocess.Process
    video: str
    voice: str


@asynccontextmanager
async def a_lecturer(node: LiveNode, room: str) -> AsyncIterator[Lecturer]:
    """Packets flow while the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.lecturer",
        node.url,
        str(node.media_port),
        room,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            sids = json.loads(await process.stdout.readline())
        yield Lecturer(process, **sids)
        assert process.returncode is None, "the lecturer has ended"
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def main(url: str, media_port: int, room: str) -> None:
    node = LiveNode(process=None, url=url, media_port=media_port, log=Path())  # type: ignore[arg-type]
    async with a_scripted_person(node, "teacher", room) as teacher, AsyncExitStack() as stack:
        await stays(stack, teacher)
        lecture = Lecture(teacher, await teacher.publish(VOICE, VIDEO))
        sids = {"video": teacher.sids[VIDEO.mid], "voice": teacher.sids[VOICE.mid]}
        sys.stdout.write(json.dumps(sids) + "\n")
        sys.stdout.flush()
        # until it is killed
        await lecture.run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
