"""Settings of the program: options, then `LOPHOP_…` variables, then the YAML file, then defaults.

Parsed once into one frozen tree; an unknown key is an error, so a typing mistake is seen at the first start.
`child_config` is what the three processes get: one YAML file with a section for each.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self, get_type_hints

import yaml

DEV_KEY, DEV_SECRET = "devkey", "secret"
MIN_SECRET_CHARS = 32
ENVIRONMENT_PREFIX = "LOPHOP_"
NOT_SETTINGS = {"LOPHOP_CONFIG", "LOPHOP_SETUP"}
"""Variables that share the prefix but say something else: the children's file, and what to set up."""


class SettingsError(Exception):
    """The settings cannot be used; the message says what to change, in Vietnamese and English."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """`host`:`port` is the one public port; `rtc_port` (UDP) and `rtc_tcp_port` (0: none) carry media
    to and from `node_ip`, which may be several addresses with commas between.

    `turn_urls`, with commas between, lead to a TURN server that knows `turn_secret` (deploy/coturn.conf).

    `holds_demo_session` matters with `is_dev` alone: the demo province's recorded session is held after the start.
    """

    data: Path = Path("var")
    host: str = "0.0.0.0"
    port: int = 7880
    rtc_port: int = 7882
    rtc_tcp_port: int = 7881
    node_ip: str = ""
    turn_urls: str = ""
    turn_secret: str = ""
    database_url: str = ""
    api_key: str = ""
    api_secret: str = ""
    is_dev: bool = False
    holds_demo_session: bool = True
    log_level: str = "info"

    @classmethod
    def load(cls, options: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None) -> Self:
        """`options` that are None were not given."""
        settings = cls()
        for source in (_from_file(file), _from_environment(environment), options):
            given = {key: value for key, value in source.items() if value is not None}
            settings = replace(settings, **{key: _convert(key, value) for key, value in given.items()})
        return settings.checked()

    def checked(self) -> Self:
        """Raises SettingsError for what would be unsafe or impossible."""
        if self.is_dev:
            return replace(self, host="127.0.0.1", node_ip="127.0.0.1", api_key=DEV_KEY, api_secret=DEV_SECRET)
        if self.api_secret and (len(self.api_secret) < MIN_SECRET_CHARS or self.api_key == DEV_KEY):
            raise SettingsError(
                f"api_secret quá ngắn (cần ít nhất {MIN_SECRET_CHARS} ký tự) hoặc là khóa mẫu. / "
                f"api_secret is too short (at least {MIN_SECRET_CHARS} characters) or a sample key."
            )
        if bool(self.api_key) != bool(self.api_secret):
            raise SettingsError("api_key và api_secret phải đi cùng nhau. / api_key and api_secret go together.")
        if bool(self.turn_urls) != bool(self.turn_secret):
            raise SettingsError("turn_urls và turn_secret phải đi cùng nhau. / turn_urls and turn_secret go together.")
        return self

    @property
    def public_url(self) -> str:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{host}:{self.port}"


def _convert(key: str, value: Any) -> Any:
    kinds = {field.name: get_type_hints(Settings)[field.name] for field in fields(Settings)}
    if key not in kinds:
        raise SettingsError(f"Không có thiết lập «{key}». / There is no setting «{key}».")
    kind = kinds[key]
    try:
        if kind is bool:
            return value if isinstance(value, bool) else {"1": True, "true": True, "0": False, "false": False}[value]
        return kind(value)
    except (KeyError, TypeError, ValueError):
        raise SettingsError(f"«{key}»: giá trị không đúng: {value!r}. / bad value: {value!r}.") from None


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (OSError, yaml.YAMLError) as error:
        raise SettingsError(f"Không đọc được {file}: {error}. / Cannot read {file}: {error}.") from error
    if not isinstance(content, dict):
        raise SettingsError(f"{file}: cần các dòng «khóa: giá trị». / needs «key: value» lines.")
    return content


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        key.removeprefix(ENVIRONMENT_PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(ENVIRONMENT_PREFIX) and key not in NOT_SETTINGS
    }


def with_secrets(settings: Settings) -> Settings:
    """The same settings with an API key: the configured one, or one made at the first start and kept."""
    if settings.api_key:
        return settings
    file = settings.data / "secrets.yaml"
    if not file.exists():
        made = {"api_key": "API" + secrets.token_hex(6), "api_secret": secrets.token_urlsafe(32)}
        write_private(file, yaml.safe_dump(made))
    kept = yaml.safe_load(file.read_text(encoding="utf-8"))
    return replace(settings, api_key=kept["api_key"], api_secret=kept["api_secret"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Loopback ports on which the node and the LMS serve the gateway."""

    node: int
    lms: int


def child_config(settings: Settings, ports: Ports, *, web_root: Path, node_ip: str) -> dict[str, dict[str, Any]]:
    """One section for each process; see deploy/config.sample.yaml for what the keys mean."""
    data = str(settings.data.resolve())
    hook = f"http://127.0.0.1:{ports.lms}/hooks/live"
    relay = {"urls": [url.strip() for url in settings.turn_urls.split(",")], "secret": settings.turn_secret}
    database = settings.database_url or f"sqlite+aiosqlite:///{data}/lophop.db"
    return {
        "node": {
            "host": "127.0.0.1",
            "port": ports.node,
            "node_ip": node_ip,
            "udp_port": settings.rtc_port,
            "tcp_port": settings.rtc_tcp_port or None,
            "turn": relay if settings.turn_urls else None,
            "data_dir": data,
            "api_keys": {settings.api_key: settings.api_secret},
            "webhook_urls": [hook],
            "log_level": settings.log_level,
        },
        "recorder": {
            "data_dir": data,
            "api_key": settings.api_key,
            "api_secret": settings.api_secret,
            "webhook_url": hook,
            "log_level": settings.log_level,
        },
        "lms": {
            "host": "127.0.0.1",
            "port": ports.lms,
            "data_dir": data,
            "database_url": database,
            "api_key": settings.api_key,
            "api_secret": settings.api_secret,
            "node_url": f"http://127.0.0.1:{ports.node}",
            "web_root": str(web_root),
            "is_dev": settings.is_dev,
            "log_level": settings.log_level,
        },
    }


def write_private(file: Path, text: str) -> None:
    """Whole or not at all, and readable by us alone: it holds secrets."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(file)
