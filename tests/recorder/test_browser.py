"""Chromium as the judge: Media Source takes the archive's segments as they are, and each picture is at its second."""

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, sync_playwright

from tests.recorder.archives import record
from tests.support.clock_media import read
from tests.support.journal import Script, teacher

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]
# Appends a rendition as docs tell players to: each map, then its segments, types changed between containers.
PLAYER = """
async (rendition) => {
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  window.video = video;
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((done) => source.addEventListener("sourceopen", done, { once: true }));
  const mimes = Object.fromEntries(rendition.inits.map((init) => [init.file, init.mime]));
  const buffer = source.addSourceBuffer(rendition.mime);
  const folder = rendition.playlist.replace(/[^/]*$/, "");
  const append = async (file) => {
    const bytes = await (await fetch(folder + file)).arrayBuffer();
    const done = new Promise((ok, failed) => {
      buffer.addEventListener("updateend", ok, { once: true });
      buffer.addEventListener("error", () => failed(new Error(file)), { once: true });
    });
    buffer.appendBuffer(bytes);
    await done;
  };
  for (const line of (await (await fetch(rendition.playlist)).text()).split("\\n")) {
    const map = line.match(/^#EXT-X-MAP:URI="(.*)"/);
    if (map) { buffer.changeType(mimes[map[1]]); await append(map[1]); }
    else if (line && !line.startsWith("#")) await append(line);
  }
  source.endOfStream();
  const ranges = [];
  for (let i = 0; i < buffer.buffered.length; i++) ranges.push([buffer.buffered.start(i), buffer.buffered.end(i)]);
  return ranges;
}
"""
SEEK = """
async (at) => {
  const video = window.video;
  const shown = new Promise((done) => video.requestVideoFrameCallback((now, data) => done(data.mediaTime)));
  video.currentTime = at;
  await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
  const media = await shown;
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0);
  const data = context.getImageData(0, Math.floor(video.videoHeight / 2), video.videoWidth, 1).data;
  return { media, row: Array.from({ length: video.videoWidth }, (_, x) => data[4 * x + 1]) };
}
"""
PLAY = """
async (at) => {
  const video = window.video;
  video.currentTime = at;
  await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
  await video.play();
  await new Promise((done) => video.addEventListener("timeupdate", () => video.currentTime > at + 0.5 && done()));
  video.pause();
  return video.currentTime;
}
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None: ...


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    folder = tmp_path / "archive" / "s-one"
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=FLAGS)
            page = browser.new_page()
            folder.mkdir(parents=True)
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            yield page
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def append(page: Page, tmp_path: Path, name: str) -> list[list[float]]:
    document = json.loads((tmp_path / "archive" / "s-one" / "archive.json").read_bytes())
    rendition = next(r for r in document["renditions"] if r["id"] == name)
    ranges: list[list[float]] = page.evaluate(PLAYER, rendition)
    return ranges


def shown_at(page: Page, at_s: float) -> float | None:
    seen: dict[str, Any] = page.evaluate(SEEK, at_s)
    assert abs(seen["media"] - at_s) < 0.15
    return read(np.tile(np.array(seen["row"], np.uint8), (9, 1)))


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_segments_play_at_their_session_seconds(tmp_path: Path, page: Page, codec: str) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(37, 1, "ana", "camera", codec)
    script.film(1, 37, 47, codec=codec)
    script.close(47).write(tmp_path)
    record(tmp_path)

    (span,) = append(page, tmp_path, "camera-1")

    assert abs(span[0] - 37) < 0.15 and abs(span[1] - 47) < 0.15
    for at_s in (45.05, 38.55, 41.95, 37.25):
        shown = shown_at(page, at_s)
        assert shown is not None and abs(shown - at_s) < 0.2
    assert page.evaluate(PLAY, 40.0) > 40.5


def test_a_rendition_of_two_codecs_plays_through(tmp_path: Path, page: Page) -> None:
    script = Script().open()
    for number, who, codec, size in ((1, "ana", "h264", (320, 180)), (2, "binh", "vp8", (640, 360))):
        script.join(0, who)
        script.track(0, number, who, "camera", codec)
        script.film(number, 0, 14, codec=codec, size=size)
    script.event(6.0, "speakers", sids=["PA_binh"])
    script.close(14).write(tmp_path)
    record(tmp_path)

    spans = append(page, tmp_path, "speaker")

    assert len(spans) == 1 and spans[0][1] - spans[0][0] > 13.5
    for at_s in (12.55, 3.05):
        shown = shown_at(page, at_s)
        assert shown is not None and abs(shown - at_s) < 0.2


def test_the_mixed_sound_is_one_unbroken_span(tmp_path: Path, page: Page) -> None:
    script = teacher(14)
    script.drop(1, 4.0, 9.0)
    script.write(tmp_path)
    record(tmp_path)

    (span,) = append(page, tmp_path, "audio")

    assert span[0] == 0 and abs(span[1] - 14) < 0.05
    assert page.evaluate(PLAY, 6.0) > 6.5


def test_a_hole_is_a_hole_for_the_player(tmp_path: Path, page: Page) -> None:
    script = Script().open()
    script.join(0, "ana")
    script.track(0, 1, "ana", "camera", "vp8")
    script.film(1, 0, 4, codec="vp8")
    script.event(4.1, "track_muted", track=1, muted=True)
    script.event(10, "track_muted", track=1, muted=False)
    script.film(1, 10, 14, codec="vp8")
    script.close(14).write(tmp_path)
    record(tmp_path)

    spans = append(page, tmp_path, "camera-1")

    assert [[round(edge) for edge in span] for span in spans] == [[0, 4], [10, 14]]
