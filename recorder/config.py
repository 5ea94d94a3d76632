"""Settings of the recorder process: the section `recorder` of the YAML file that LOPHOP_CONFIG names."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LOG_LEVELS = ("debug", "info", "warning", "error")


class ConfigError(Exception):
    """The settings cannot be used; the text says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecorderConfig:
    """`data_dir` holds journal/ (read) and archive/ (written); webhooks go out when `webhook_url` is set."""

    data_dir: Path
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    webhook_url: str = ""
    log_level: str = "info"

    @property
    def journal_dir(self) -> Path:
        return self.data_dir / "journal"

    @property
    def archive_dir(self) -> Path:
        return self.data_dir / "archive"

    @property
    def state_dir(self) -> Path:
        return self.data_dir / "recorder"


def load_config(path: Path) -> RecorderConfig:
    """Reads the section; unknown keys, wrong types and a webhook without a key are errors."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: {error}") from error
    section = document.get("recorder") if isinstance(document, dict) else None
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: there is no section `recorder`")
    return parse_config(section)


def parse_config(section: dict[str, Any]) -> RecorderConfig:
    known = {entry.name for entry in dataclasses.fields(RecorderConfig)}
    unknown = sorted(str(key) for key in section if key not in known)
    if unknown:
        raise ConfigError(f"recorder: unknown keys: {', '.join(unknown)}")
    wrong = sorted(key for key, value in section.items() if not isinstance(value, str))
    if wrong:
        raise ConfigError(f"recorder: must be text: {', '.join(wrong)}")
    if not section.get("data_dir"):
        raise ConfigError("recorder: data_dir is missing")
    config = RecorderConfig(**section | {"data_dir": Path(section["data_dir"])})
    if config.log_level not in LOG_LEVELS:
        raise ConfigError(f"recorder: log_level must be one of {', '.join(LOG_LEVELS)}")
    if config.webhook_url and not (config.api_key and config.api_secret):
        raise ConfigError("recorder: webhook_url needs api_key and api_secret")
    return config
