"""A session that was held and recorded without anybody holding it: a journal by hand, webhooks as the node signs them.

The recorder and the LMS are the real ones of a running program; only the media node's part is told by the test.
"""

import time
from typing import Any

import aiohttp
import yaml

from signaling.protocol import webhook
from tests.support.journal import JournalWriter, Script
from tests.support.program import Program
from tests.support.story import Story

ROOM_SID = "RM_one"


class RecordedSession:
    """Session second 0 is `zero_ms`; nothing is told until asked for."""

    def __init__(self, program: Program, story: Story, zero_ms: int) -> None:
        self.room = f"s-{story.session}"
        self.zero_ms = zero_ms
        self._program, self._story = program, story
        config = yaml.safe_load((program.data / "run" / "config.yaml").read_text(encoding="utf-8"))
        self._hook = f"http://127.0.0.1:{config['lms']['port']}/hooks/live"
        self._count = 0

    async def tell(self, event: str, **parts: Any) -> None:
        """One webhook of the media node."""
        self._count += 1
        room = {"name": self.room, "sid": ROOM_SID, "creationTimeMs": str(self.zero_ms)}
        body = webhook.build(
            event=event,
            event_id=f"{self._story.session}-{self._count}",
            created_at=time.time(),
            parts={"room": room | {"creationTime": str(self.zero_ms // 1000)}} | parts,
        )
        headers = webhook.headers(body, key="devkey", secret="secret", now=time.time())
        async with aiohttp.ClientSession() as client, client.post(self._hook, data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async def attended(self, login: str, spans_s: list[tuple[float, float]]) -> None:
        """Somebody was there, proven in these session seconds."""
        identity = self._story.people[login]
        zero = self.zero_ms / 1000
        spans = [[zero + start, zero + end] for start, end in spans_s]
        participant = {"sid": f"PA_{login}", "identity": identity, "name": login}
        await self.tell("participant_joined", participant=participant)
        presence = [{"identity": identity, "participantSid": participant["sid"], "spans": spans}]
        await self.tell("presence_proven", presence=presence)
        await self.tell("participant_left", participant=participant)

    def script(self, at_s: float = 0.0) -> Script:
        return Script(self.room).open(at_s, self.zero_ms)

    def writer(self, at_s: float = 0.0) -> JournalWriter:
        folder = self._program.data / "journal" / self.room
        return JournalWriter(folder, self.zero_ms + round(at_s * 1000), zero_ms=self.zero_ms)

    def write(self, script: Script, at_s: float = 0.0) -> None:
        """A whole run of the node at once."""
        writer = self.writer(at_s)
        for record in script.records():
            writer.write(*record)
        writer.close()
