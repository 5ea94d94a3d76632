"""Settings: one order of sources, and nothing misspelt or weak gets through."""

from pathlib import Path

import pytest
import yaml

from lophop.settings import Ports, Settings, SettingsError, child_config, with_secrets


def test_options_win_over_environment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "lophop.yaml"
    file.write_text("port: 1\nrtc_port: 2\nnode_ip: 192.0.2.1\n")
    settings = Settings.load({"port": 3, "rtc_port": None}, {"LOPHOP_PORT": "4", "LOPHOP_RTC_PORT": "5"}, file)
    assert (settings.port, settings.rtc_port, settings.node_ip) == (3, 5, "192.0.2.1")


@pytest.mark.parametrize(
    ("environment", "named"),
    [({"LOPHOP_PROT": "80"}, "prot"), ({"LOPHOP_PORT": "eighty"}, "port"), ({"LOPHOP_IS_DEV": "perhaps"}, "is_dev")],
)
def test_a_bad_setting_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Settings.load({}, environment)


@pytest.mark.parametrize("text", ["[1, 2]", "a: [", "just words"])
def test_a_broken_file_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=r"broken\.yaml"):
        Settings.load({}, {}, file)


def test_weak_or_sample_secrets_are_refused_outside_dev() -> None:
    with pytest.raises(SettingsError):
        Settings.load({"api_key": "APIx", "api_secret": "short"}, {})
    with pytest.raises(SettingsError):
        Settings.load({"api_key": "devkey", "api_secret": "x" * 40}, {})
    with pytest.raises(SettingsError):
        Settings.load({"api_secret": "x" * 40}, {})


def test_dev_is_loopback_only_with_the_known_pair() -> None:
    settings = Settings.load({"is_dev": True, "host": "0.0.0.0"}, {})
    assert (settings.host, settings.api_key, settings.api_secret) == ("127.0.0.1", "devkey", "secret")


def test_secrets_are_made_once_and_kept_private(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first = with_secrets(settings)
    assert first == with_secrets(settings)
    assert len(first.api_secret) >= 32
    assert (tmp_path / "secrets.yaml").stat().st_mode & 0o077 == 0


def test_the_sample_documents_everything_the_children_get(tmp_path: Path) -> None:
    sample = yaml.safe_load(Path("deploy/config.sample.yaml").read_text())
    settings = with_secrets(Settings(data=tmp_path))
    assert child_config(settings, Ports(node=1, lms=2), web_root=tmp_path, node_ip="127.0.0.1")["node"]["turn"] is None
    written = child_config(settings, Ports(node=1, lms=2), web_root=tmp_path, node_ip="127.0.0.1")
    assert set(written) == set(sample)
    assert all(set(section) <= set(sample[name]) for name, section in written.items())
