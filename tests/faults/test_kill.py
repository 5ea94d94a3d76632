"""kill -9 of one part in the middle of a live session: the meeting goes on, the record loses a second at most."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from tests.support.program import Person, Program, running
from tests.support.replays import download, pictures
from tests.support.sdk_person import SdkPerson, people_ended
from tests.support.story import PASSWORD, Story, opened, prepare, ready_replay, until, zero_of


async def host_for(program: Program, story: Story, killed: tuple[str, ...], kill_at_s: float) -> float:
    """The host publishes; the named parts are killed and, once the host is back, all ends. Gives when the kill was."""
    people: list[SdkPerson] = []
    async with people_ended(people), Person.logged_in(program, "binh2", PASSWORD) as host:
        sdk = await SdkPerson.joined(await host.post(f"/sessions/{story.session}/join"))
        people.append(sdk)
        view = await until("opened", lambda: opened(host, story), within_s=10)
        zero = zero_of(view)
        assert zero is not None
        await sdk.publish(int(zero * 1000))
        await asyncio.sleep(max(0.0, zero + kill_at_s - time.time()))
        for part in killed:
            os.kill(program.part_pid(part), signal.SIGKILL)
        killed_at = time.time() - zero
        if "node" in killed:
            # The SDK tries again by itself, with pauses of up to seven seconds.
            await until("host is back", lambda: is_back(sdk), within_s=60)
        await asyncio.sleep(8)
        await host.post(f"/sessions/{story.session}/end")
        return killed_at


async def is_back(sdk: SdkPerson) -> bool:
    return any(event["event"] == "reconnected" for event in sdk.events)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("killed", [("node",), ("recorder",), ("node", "recorder", "lms")], ids="+".join)
async def test_a_killed_part_costs_a_second_of_the_record_at_most(tmp_path: Path, killed: tuple[str, ...]) -> None:
    async with running(tmp_path / "data") as program, Person.logged_in(program, "giang", "lophop-demo") as admin:
        story = await prepare(admin)
        killed_at = await host_for(program, story, killed, kill_at_s=9)
        replay = await until("ready", lambda: ready_replay(admin, story), within_s=20)
        shown = pictures(await download(admin, replay, "speaker"))
    told = [(media, second) for media, second in shown if second is not None]
    assert [one for one in told if abs(one[0] - one[1]) > 0.5] == []
    last_before = max(second for _, second in told if second <= killed_at)
    assert killed_at - last_before <= 1.0
    # Whoever died, the meeting is back and recorded again before its end.
    assert any(second > killed_at + 3 for _, second in told)
    if "node" in killed:
        gaps = [gap for gap in replay["manifest"]["gaps"] if gap["reason"] == "node_restart"]
        assert any(abs(gap["start_s"] - killed_at) < 2 for gap in gaps), (killed_at, replay["manifest"]["gaps"])
