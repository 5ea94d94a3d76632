"""Settings of the node: strict, and told by name what is wrong."""

from pathlib import Path

import pytest

from signaling.config import ConfigError, load, parse

SECTION = {"data_dir": "/data", "api_keys": {"key": "secret"}}


def test_a_section_becomes_settings() -> None:
    config = parse(SECTION | {"port": 1, "webhook_urls": ["http://lms/hooks"]}, {})
    assert (config.data_dir, config.port, config.webhook_urls) == (Path("/data"), 1, ("http://lms/hooks",))
    assert config.signing_key == ("key", "secret")


def test_secrets_are_not_printed() -> None:
    turn = {"urls": ["turn:a"], "secret": "secret" * 6}
    assert "secret" not in repr(parse(SECTION | {"turn": turn}, {}))


def test_a_node_has_several_addresses() -> None:
    assert parse(SECTION | {"node_ip": "192.0.2.1, 2001:db8::1"}, {}).node_ips == ("192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize(
    ("section", "named"),
    [
        ({**SECTION, "prot": 1}, "prot"),
        ({"data_dir": "/data"}, "api_keys"),
        ({**SECTION, "port": "80"}, "port"),
        ({**SECTION, "port": True}, "port"),
        ({**SECTION, "port": 70000}, "port"),
        ({**SECTION, "node_ip": "here"}, "node_ip"),
        ({**SECTION, "log_level": "loud"}, "log_level"),
        ({**SECTION, "api_keys": {}}, "api_keys"),
        ({**SECTION, "webhook_urls": ["ftp://x"]}, "webhook_urls"),
        ({**SECTION, "node_ip": "192.0.2.1, here"}, "node_ip"),
        ({**SECTION, "turn": {"urls": ["turn:a"], "secret": "s" * 32, "port": 1}}, "turn: unknown keys: port"),
        ({**SECTION, "turn": {"urls": [], "secret": "s" * 32}}, "turn.urls"),
        ({**SECTION, "turn": {"urls": ["stun:a"], "secret": "s" * 32}}, "turn.urls"),
        ({**SECTION, "turn": {"urls": ["turn:a"], "secret": "short"}}, "turn.secret"),
        ({**SECTION, "turn": {"urls": ["turn:a"], "secret": "s" * 32, "ttl_s": 100_000}}, "turn.ttl_s"),
        ({**SECTION, "turn": {"urls": ["turn:a"], "secret": "s" * 32, "forces_relay": 1}}, "turn.forces_relay"),
        ({**SECTION, "turn": True}, "turn"),
        ({**SECTION, "join_rate_per_s": 0}, "join_rate_per_s"),
        ([], "node"),
    ],
)
def test_what_is_wrong_is_named(section: object, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        parse(section, {})


def test_the_file_is_read_and_the_environment_stands_above_it(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("node: {data_dir: /data, api_keys: {key: secret}, port: 1}\nlms: {host: x}\n")
    config = load({"LOPHOP_CONFIG": str(path), "LOPHOP_NODE_PORT": "2", "LOPHOP_OTHER": "x"})
    assert config.port == 2


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LOPHOP_CONFIG"):
        load({"LOPHOP_CONFIG": str(tmp_path / "missing.yaml")})
    broken = tmp_path / "broken.yaml"
    broken.write_text("node: [")
    with pytest.raises(ConfigError, match="LOPHOP_CONFIG"):
        load({"LOPHOP_CONFIG": str(broken)})


def test_the_sample_file_is_read() -> None:
    config = load({"LOPHOP_CONFIG": str(Path(__file__).parents[2] / "deploy" / "config.sample.yaml")})
    assert config.webhook_urls and config.api_keys
