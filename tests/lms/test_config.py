"""Configuration is read once and typos are refused."""

from pathlib import Path

import pytest

from lms.config import Config, ConfigError, parse, read

GOOD = {"api_key": "k", "api_secret": "s"}


def test_what_is_not_said_has_a_default() -> None:
    config = parse(GOOD | {"data_dir": "/data"})
    assert config == Config(api_key="k", api_secret="s", data_dir="/data")
    assert config.database == "sqlite+aiosqlite:////data/lophop.db"
    assert config.archive_root == Path("/data/archive")


def test_a_database_by_url_is_taken_as_it_is() -> None:
    assert parse(GOOD | {"database_url": "postgresql+asyncpg://x/y"}).database == "postgresql+asyncpg://x/y"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"prot": 1}, "unknown key lms.prot"),
        ({"port": "7883"}, "lms.port must be int"),
        ({"port": True}, "lms.port must be int"),
        ({"host": None}, "lms.host must be str"),
        ({"api_secret": ""}, "api_secret"),
    ],
)
def test_a_wrong_key_is_told_by_name(change: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        parse(GOOD | change)


def test_the_section_is_read_from_the_file_named_by_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "lophop.yaml"
    file.write_text("node: {host: x}\nlms: {api_key: k, api_secret: s, port: 0}\n")
    assert read({"LOPHOP_CONFIG": str(file)}).port == 0


@pytest.mark.parametrize("content", ["", "lms: 5", "node: {}", "a: [", "- x"])
def test_a_file_without_the_section_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "lophop.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError):
        read({"LOPHOP_CONFIG": str(file)})


def test_no_file_is_told() -> None:
    with pytest.raises(ConfigError, match="LOPHOP_CONFIG"):
        read({})
    with pytest.raises(ConfigError, match="cannot be read"):
        read({"LOPHOP_CONFIG": "/nowhere.yaml"})
