"""Settings of the media node: section `node` of the YAML file named by LOPHOP_CONFIG, over it LOPHOP_NODE_*.

Parsed once, frozen, and strict: an unknown key or a value of the wrong kind stops the process with its name.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from signaling.protocol.turn import DEFAULT_TTL_S, SCHEMES, TurnSettings

ENVIRONMENT_PREFIX = "LOPHOP_NODE_"
MAX_MEDIA_THREADS = 64
LOG_LEVELS = ("debug", "info", "warning", "error")
# whoever guesses it relays through our TURN server
TURN_SECRET_MIN_CHARS = 32
# shorter and a slow join finds it expired; longer and a leaked one is worth keeping
TURN_TTL_MIN_S, TURN_TTL_MAX_S = 60, 86_400


class ConfigError(Exception):
    """A setting that cannot be used; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """Everything the node is told from outside."""

    data_dir: Path
    api_keys: Mapping[str, str] = field(repr=False)
    host: str = "127.0.0.1"
    port: int = 7870  # HTTP and WebSocket, behind the gateway
    node_ip: str = "127.0.0.1"  # the address clients send media to; several with commas between, IPv6 too
    udp_port: int = 7882  # 0 takes any free one
    tcp_port: int | None = None  # for clients whose network drops UDP; 0 takes any free one, null none
    media_threads: int = 0  # 0: one for each core
    turn: TurnSettings | None = None
    webhook_urls: tuple[str, ...] = ()
    log_level: str = "info"
    join_rate_per_s: float = 100.0  # joins accepted per second, all rooms together
    allow_simulation: bool = False  # clients may ask for faults (SimulateScenario): for tests of clients only

    def __post_init__(self) -> None:
        if not self.api_keys:
            raise ConfigError("node.api_keys: at least one key is needed")
        if self.log_level not in LOG_LEVELS:
            raise ConfigError(f"node.log_level: one of {', '.join(LOG_LEVELS)}")
        for name in ("port", "udp_port", "tcp_port"):
            if not 0 <= (getattr(self, name) or 0) < 65536:
                raise ConfigError(f"node.{name}: a port is a number up to 65535")
        if not 0 <= self.media_threads <= MAX_MEDIA_THREADS:
            raise ConfigError(f"node.media_threads: 0 to {MAX_MEDIA_THREADS}")
        try:
            for address in self.node_ips:
                ipaddress.ip_address(address)
        except ValueError as error:
            raise ConfigError(f"node.node_ip: {error}") from error
        for url in self.webhook_urls:
            if not url.startswith(("http://", "https://")):
                raise ConfigError(f"node.webhook_urls: not an http address: {url}")

    @property
    def node_ips(self) -> tuple[str, ...]:
        """Every address clients may send media to, the preferred one first."""
        return tuple(address.strip() for address in self.node_ip.split(","))

    @property
    def signing_key(self) -> tuple[str, str]:
        """The key and secret with which the node signs: the first that is configured."""
        return next(iter(self.api_keys.items()))


def load(environment: Mapping[str, str]) -> NodeConfig:
    """The settings from $LOPHOP_CONFIG and the environment."""
    path = environment.get("LOPHOP_CONFIG")
    section: dict[str, Any] = {}
    if path:
        try:
            document = yaml.safe_load(Path(path).read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"LOPHOP_CONFIG: {error}") from error
        section = document.get("node", {}) if isinstance(document, dict) else {}
    over = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): yaml.safe_load(value)
        for name, value in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX)
    }
    return parse(section, over)


def parse(section: object, over: Mapping[str, Any]) -> NodeConfig:
    """The settings in a section of the file, with those of `over` on top."""
    if not isinstance(section, dict):
        raise ConfigError("node: not a section with keys")
    values = {**section, **over}
    known = {item.name for item in fields(NodeConfig)}
    unknown = sorted(str(name) for name in values if name not in known)
    if unknown:
        raise ConfigError(f"node: unknown keys: {', '.join(unknown)}")
    missing = sorted({"data_dir", "api_keys"} - set(values))
    if missing:
        raise ConfigError(f"node: missing keys: {', '.join(missing)}")
    return NodeConfig(**{name: _typed(name, value) for name, value in values.items()})


def _typed(name: str, value: Any) -> Any:
    if name == "data_dir" and isinstance(value, str):
        return Path(value)
    if name == "api_keys" and isinstance(value, dict):
        return {str(key): str(secret) for key, secret in value.items()}
    if name == "webhook_urls" and isinstance(value, list):
        return tuple(str(url) for url in value)
    if name == "turn" and isinstance(value, dict | None):
        return None if value is None else _turn(value)
    if name == "allow_simulation" and isinstance(value, bool):
        return value
    if name == "tcp_port" and (value is None or type(value) is int):
        return value
    if name in ("port", "udp_port", "media_threads") and type(value) is int:
        return value
    if name in ("host", "node_ip", "log_level") and isinstance(value, str):
        return value
    if name.endswith(("_s", "_per_s")) and type(value) in (int, float) and value > 0:
        return float(value)
    raise ConfigError(f"node.{name}: {value!r} is not of the right kind")


def _turn(section: dict[str, Any]) -> TurnSettings:
    unknown = sorted(str(name) for name in section if name not in {item.name for item in fields(TurnSettings)})
    if unknown:
        raise ConfigError(f"node.turn: unknown keys: {', '.join(unknown)}")
    urls = section.get("urls")
    if not isinstance(urls, list) or not urls:
        raise ConfigError("node.turn.urls: a list of turn: and turns: addresses")
    for url in urls:
        if not str(url).startswith(SCHEMES):
            raise ConfigError(f"node.turn.urls: not a turn: or turns: address: {url}")
    secret = section.get("secret")
    if not isinstance(secret, str) or len(secret) < TURN_SECRET_MIN_CHARS:
        raise ConfigError(f"node.turn.secret: at least {TURN_SECRET_MIN_CHARS} characters, coturn's static-auth-secret")
    ttl_s = section.get("ttl_s", DEFAULT_TTL_S)
    if type(ttl_s) not in (int, float) or not TURN_TTL_MIN_S <= ttl_s <= TURN_TTL_MAX_S:
        raise ConfigError(f"node.turn.ttl_s: between {TURN_TTL_MIN_S} and {TURN_TTL_MAX_S} seconds")
    forces_relay = section.get("forces_relay", False)
    if not isinstance(forces_relay, bool):
        raise ConfigError("node.turn.forces_relay: true or false")
    return TurnSettings(
        urls=tuple(str(url) for url in urls), secret=secret, ttl_s=float(ttl_s), forces_relay=forces_relay
    )
