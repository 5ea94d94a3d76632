"""Reading the recorder's archive, and nothing else of the disk."""

import json
from pathlib import Path

import pytest

from lms.ids import SessionId
from lms.library.archives import Archives
from lms.library.schemas import ChatLine, Gap, Init, Rendition

SESSION = SessionId("abc")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "archive" / "s-abc"
    (folder / "audio").mkdir(parents=True)
    (folder / "audio" / "index.m3u8").write_text("#EXTM3U\n")
    (folder / "archive.json").write_text(manifest())
    (folder / "notes.txt").write_text("not for players")
    (folder / ".hidden.json").write_text("{}")
    (tmp_path / "archive" / "s-other").mkdir()
    (tmp_path / "archive" / "s-other" / "archive.json").write_text("{}")
    (tmp_path / "secret.json").write_text("{}")
    return folder


def manifest(**changes: object) -> str:
    whole = {
        "version": 1,
        "room": "s-abc",
        "zero_ms": 1,
        "state": "live",
        "error": None,
        "duration_s": 4.0,
        "updated_ms": 2,
        "tracks": [{"id": "TR_1", "identity": "p", "rendition": "audio", "start_s": 0.1, "end_s": None, "new": 1}],
        "renditions": [
            {
                "id": "audio",
                "kind": "audio",
                "mime": 'audio/mp4; codecs="opus"',
                "container": "fmp4",
                "playlist": "audio/index.m3u8",
                "inits": [{"file": "audio/init.mp4", "mime": "audio/mp4"}],
            }
        ],
        "gaps": [{"start_s": 1.0, "length_s": 0.5}],
        "thumbnails": {"interval_s": 5, "files": [{"at_s": 0, "file": "thumbs/0.jpg"}]},
        "chat": [{"at_s": 1, "identity": "p", "name": "Hoa", "text": "chào"}],
    }
    return json.dumps(whole | changes)


def archives(folder: Path) -> Archives:
    return Archives(folder.parent)


async def test_the_manifest_is_read_and_read_again_when_it_changed(folder: Path) -> None:
    reader = archives(folder)
    first = await reader.read(SESSION)
    assert first is not None
    assert first.gaps == [Gap(start_s=1.0, length_s=0.5)]
    assert first.chat == [ChatLine(at_s=1, identity="p", name="Hoa", text="chào")]
    assert isinstance(first.renditions[0], Rendition)
    assert first.renditions[0].inits == [Init(file="audio/init.mp4", mime="audio/mp4")]
    assert await reader.read(SESSION) is first
    (folder / "archive.json").write_text(manifest(state="ready", duration_s=60.5))
    second = await reader.read(SESSION)
    assert second is not None and second.state == "ready"


async def test_a_missing_or_broken_manifest_is_none(folder: Path) -> None:
    reader = archives(folder)
    assert await reader.read(SessionId("nowhere")) is None
    (folder / "archive.json").write_text('{"version": 1')
    assert await reader.read(SESSION) is None


async def test_files_of_the_archive_are_found(folder: Path) -> None:
    assert await archives(folder).file(SESSION, "audio/index.m3u8") == (folder / "audio" / "index.m3u8").resolve()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "../s-other/archive.json",
        "audio/../../s-other/archive.json",
        "../../secret.json",
        "/etc/passwd",
        "audio",
        "audio/",
        "audio//index.m3u8",
        "./archive.json",
        "..\\secret.json",
        "archive.json\0.jpg",
        ".hidden.json",
        "notes.txt",
        "missing.m4s",
        "x" * 5000 + ".json",
    ],
)
async def test_everything_else_is_not(folder: Path, path: str) -> None:
    assert await archives(folder).file(SESSION, path) is None


async def test_a_link_out_of_the_archive_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    assert await archives(folder).file(SESSION, "link.json") is None
