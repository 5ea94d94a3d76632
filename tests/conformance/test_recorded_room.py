"""A recorded room leaves a journal of what was said and shown, chat lines included."""

import asyncio
from pathlib import Path

from aiohttp.test_utils import TestServer
from livekit import api

from tests.conformance.people import KEY, SECRET, people


def journal_of(folder: Path) -> bytes:
    """All that is on disk of the room so far."""
    return b"".join(piece.read_bytes() for piece in sorted((folder / "journal" / "hall").rglob("*.jnl")))


async def test_media_and_chat_of_a_recorded_room_are_in_its_journal(node: TestServer, tmp_path: Path) -> None:
    async with api.LiveKitAPI(str(node.make_url("")), KEY, SECRET) as lk:
        await lk.room.create_room(api.CreateRoomRequest(name="hall", metadata='{"lophop": {"record": true}}'))
        async with people(node, "an", "binh") as (an, binh):
            publication = await an.publish_camera(60)
            await binh.until(lambda: "an" in binh.seen and binh.seen["an"].frames > 2)
            await an.room.local_participant.send_text("chào cả lớp", topic="lk.chat")
            await an.room.local_participant.publish_data(b"no chat", topic="other")
            wanted = (publication.sid.encode(), "chào cả lớp".encode(), b'"participant_joined"')
            while not all(text in journal_of(tmp_path) for text in wanted):
                await asyncio.sleep(0.05)
            assert b"no chat" not in journal_of(tmp_path)
        await lk.room.delete_room(api.DeleteRoomRequest(room="hall"))
        while b'"closed"' not in journal_of(tmp_path):
            await asyncio.sleep(0.05)
