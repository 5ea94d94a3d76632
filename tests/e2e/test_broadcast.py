"""The host copies address and token for OBS from the session's page; what is sent with them is seen and kept."""

from pathlib import Path

import pytest
from aiortc import MediaStreamTrack

from tests.sfu.clients import Picture, Tone
from tests.support.axe import findings
from tests.support.browser import a_browser, log_in
from tests.support.http_media import HttpMedia, http_media
from tests.support.program import Person, running
from tests.support.story import PASSWORD, prepare, ready_replay, until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


async def shows(track: MediaStreamTrack, luma: int) -> None:
    while True:
        frame = await track.recv()
        if abs(float(frame.to_ndarray(format="yuv420p")[: frame.height].mean()) - luma) < 12:  # type: ignore[union-attr]
            return


async def watching(player: HttpMedia, url: str) -> MediaStreamTrack:
    player.watch("video")
    await player.begin(url)
    return await player.received.get()


async def test_what_is_sent_from_obs_is_watched_and_kept(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "data") as program,
        a_browser() as browser,
        Person.logged_in(program, "giang", "lophop-demo") as admin,
    ):
        story = await prepare(admin)
        page = await log_in(browser, program, "binh2", PASSWORD)
        await page.goto(f"/sessions/{story.session}")
        await page.get_by_role("button", name="Phát từ OBS").click()
        url = await page.get_by_label("Địa chỉ (Máy chủ)").input_value()
        token = await page.get_by_label("Mã truy cập (Bearer Token)").input_value()
        await page.get_by_text("Mã dùng được đến").wait_for()
        assert await findings(page) == []
        async with Person.logged_in(program, "cuc2", PASSWORD) as cuc:
            ticket = await cuc.post(f"/sessions/{story.session}/join")
            async with http_media(token) as obs, http_media(ticket["token"]) as player:
                obs.send(Picture(180), Tone())
                await obs.begin(url)
                picture = await watching(player, url.replace("/whip/", "/whep/"))
                await shows(picture, 170)
                # long enough for a segment of its own
                for _ in range(40):
                    await picture.recv()
                assert (await player.end(), await obs.end()) == (200, 200)
        async with Person.logged_in(program, "binh2", PASSWORD) as host:
            await host.post(f"/sessions/{story.session}/end")
            replay = await until("replay", lambda: ready_replay(host, story), within_s=30)
            rows = (await host.get(f"/sessions/{story.session}/attendance"))["rows"]
        assert {one["id"] for one in replay["manifest"]["renditions"]} == {"audio", "speaker", "camera-1"}
        # what an encoder sends is nobody's attendance, and nobody takes part by a plain player
        assert [row["live"] for row in rows] == [[]] * 5
