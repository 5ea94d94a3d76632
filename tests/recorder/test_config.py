"""Settings: one section, every key known, secrets never shown."""

from pathlib import Path

import pytest

from recorder.config import ConfigError, load_config, parse_config


def test_the_section_is_read_beside_others(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "node: {port: 1}\n"
        'recorder: {data_dir: /d, api_key: k, api_secret: s, webhook_url: "http://x", log_level: error}'
    )

    config = load_config(path)

    assert (config.data_dir, config.api_key, config.webhook_url, config.log_level) == (
        Path("/d"),
        "k",
        "http://x",
        "error",
    )
    assert config.journal_dir == Path("/d/journal") and config.archive_dir == Path("/d/archive")
    assert "s'" not in repr(config)


@pytest.mark.parametrize(
    ("section", "what"),
    [
        ({"data_dir": "/d", "colour": "red"}, "colour"),
        ({}, "data_dir"),
        ({"data_dir": 7}, "data_dir"),
        ({"data_dir": "/d", "log_level": "loud"}, "log_level"),
        ({"data_dir": "/d", "webhook_url": "http://x"}, "api_key"),
    ],
)
def test_wrong_settings_are_named(section: dict[str, object], what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        parse_config(section)


@pytest.mark.parametrize("text", ["", "node: {}", "recorder: 7", "recorder: [", "\x00"])
def test_a_file_without_the_section_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)

    with pytest.raises(ConfigError):
        load_config(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load_config(tmp_path / "absent.yaml")
