"""Documents cannot rot: links and named paths exist, targets are real, the size limits hold."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
NAMED_PATH = re.compile(r"`((?:lophop|sfu|signaling|recorder|lms|web_client|deploy|docs|tests|bench)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_and_named_paths_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = {link for link in LINK.findall(text) if not (page.parent / link).exists()}
    paths = {path for path in NAMED_PATH.findall(text) if not (ROOT / path).exists()}
    assert links | paths == set()


def test_every_make_target_named_in_a_document_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.M)
    }
    assert {"serve", "test"} <= named
    assert named <= targets


def test_every_folder_stands_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    packages = ("sfu", "signaling", "recorder", "lms", "lophop")
    folders = [
        folder.relative_to(ROOT)
        for package in packages
        for folder in [ROOT / package, *(ROOT / package).iterdir()]
        if (folder / "__init__.py").exists()
    ]
    # The LMS's nouns are named in one sentence, without their paths.
    missing = [str(folder) for folder in folders if f"`{folder}/`" not in text and folder.name not in text]
    assert missing == []


def test_every_decision_stands_in_the_index_under_its_title() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\) \| (.+?) \|", (folder / "README.md").read_text("utf-8"), re.M)
    titles = [(page.name, page.read_text("utf-8").splitlines()[0]) for page in sorted(folder.glob("[0-9]*.md"))]
    assert titles == [(name, f"# {number} {title}") for number, name, title in listed]


def test_the_architecture_fits_in_a_sitting() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_every_package_door_is_empty_but_for_its_docstring() -> None:
    doors = [
        door
        for package in ("sfu", "signaling", "recorder", "lms", "lophop")
        for door in (ROOT / package).rglob("__init__.py")
    ]
    assert doors
    for door in doors:
        text = door.read_text(encoding="utf-8").strip()
        assert text.startswith('"""') and text.endswith('"""') and text.count('"""') == 2, door
