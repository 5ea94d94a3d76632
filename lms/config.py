"""Configuration of the LMS process: the section `lms` of $LOPHOP_CONFIG, read once; unknown keys are refused."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

CONFIG_VARIABLE = "LOPHOP_CONFIG"
SECTION = "lms"


class ConfigError(Exception):
    """The configuration cannot be used; the message says which key and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`database_url` empty means the file lophop.db in `data_dir`; `public_url` empty means that clients find the
    node where they found us; port 0 takes any free one."""

    host: str = "127.0.0.1"
    port: int = 7883
    data_dir: str = "var"
    database_url: str = ""
    api_key: str = ""
    api_secret: str = ""
    node_url: str = "http://127.0.0.1:7881"
    public_url: str = ""
    web_root: str = "web_client/dist"
    is_dev: bool = False
    log_level: str = "info"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite+aiosqlite:///{Path(self.data_dir).resolve() / 'lophop.db'}"

    @property
    def archive_root(self) -> Path:
        return Path(self.data_dir) / "archive"


def parse(section: Mapping[str, Any]) -> Config:
    kinds = {field.name: type(field.default) for field in fields(Config)}
    unknown = sorted(set(section) - set(kinds))
    if unknown:
        raise ConfigError(f"unknown key {SECTION}.{unknown[0]}")
    for name, value in section.items():
        if type(value) is not kinds[name]:
            raise ConfigError(f"{SECTION}.{name} must be {kinds[name].__name__}, not {value!r}")
    config = Config(**section)
    if not config.api_key or not config.api_secret:
        raise ConfigError(f"{SECTION}.api_key and {SECTION}.api_secret are needed")
    return config


def read(environment: Mapping[str, str] | None = None) -> Config:
    path = (environment if environment is not None else os.environ).get(CONFIG_VARIABLE)
    if not path:
        raise ConfigError(f"{CONFIG_VARIABLE} names no file")
    try:
        whole = yaml.safe_load(Path(path).read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    section = whole.get(SECTION) if isinstance(whole, dict) else None
    if not isinstance(section, dict):
        raise ConfigError(f"{path} has no section {SECTION}")
    return parse(section)
