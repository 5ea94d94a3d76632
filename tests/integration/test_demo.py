"""The demo province has a session that was really held and recorded."""

from pathlib import Path
from typing import Any

import pytest

from lophop.demo import LENGTH_S, TITLE
from tests.support.program import Person, running
from tests.support.replays import download, pictures
from tests.support.story import until


async def recorded(person: Person) -> dict[str, Any] | None:
    items = (await person.get("/library"))["items"]
    item = next((item for item in items if item["title"].endswith(TITLE)), None)
    if item is None:
        return None
    replay: dict[str, Any] = await person.get(f"/sessions/{item['session_id']}/replay")
    return replay if replay["state"] == "ready" else None


@pytest.mark.timeout(150)
async def test_the_demo_province_gets_a_recorded_session_by_itself(tmp_path: Path) -> None:
    async with running(tmp_path / "data", holds_demo_session=True) as program:
        async with Person.logged_in(program, "dung", "lophop-demo") as dung:
            replay = await until("recorded", lambda: recorded(dung), within_s=90)
            assert replay["manifest"]["duration_s"] > LENGTH_S - 5
            assert {one["id"] for one in replay["manifest"]["renditions"]} >= {"audio", "speaker"}
            assert len(pictures(await download(dung, replay, "speaker"))) > 100
        assert await program.stop() == 0
