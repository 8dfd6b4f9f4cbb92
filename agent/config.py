"""Settings from `config.ini`, and the identity that registration gave."""

from __future__ import annotations

import configparser
import os
import sys
import uuid
from dataclasses import dataclass, fields
from pathlib import Path

from agent.errors import ConfigError

SECTION = "default"
CREDENTIALS = "credentials.ini"
DEFAULT_PATHS = (Path("config.ini"), Path("/etc/lics-agent/config.ini"))


@dataclass(frozen=True)
class Config:
    """One field for each line of `config.ini`; `_s` seconds, `_mb` mebibytes."""

    backend_url: str
    mqtt_broker: str = ""
    mqtt_port: int = 1883
    mqtt_tls: bool = False
    mqtt_ca_file: str = ""
    anon_key: str = ""
    name: str = ""
    enrolment_token: str = ""
    device_id: str = ""
    device_api_key: str = ""
    state_dir: Path = Path("/var/lib/lics-agent")
    python: str = sys.executable
    heartbeat_s: float = 30.0
    poll_s: float = 60.0
    resend_s: float = 15.0
    claim_s: float = 90.0
    grace_s: float = 10.0
    kill_s: float = 5.0
    window: int = 200
    min_free_mb: int = 200
    keep_runs: int = 50
    log_level: str = "INFO"

    @property
    def broker_host(self) -> str:
        """The broker; where none is named, the backend's host."""
        return self.mqtt_broker or self.backend_url.split("://")[-1].split("/")[0].split(":")[0]


@dataclass(frozen=True)
class Credentials:
    """Who this rig is: its MQTT user and its password."""

    device_id: str
    device_api_key: str


def find(path: str | None) -> Path:
    """The file to read: the one named, $LICS_AGENT_CONFIG, ./config.ini, /etc/lics-agent/config.ini."""
    named = path or os.environ.get("LICS_AGENT_CONFIG")
    if named:
        return Path(named)
    return next((candidate for candidate in DEFAULT_PATHS if candidate.exists()), DEFAULT_PATHS[-1])


def load(path: Path) -> Config:
    """Read and check the file."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
        given = dict(parser[SECTION])
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except (configparser.Error, KeyError, UnicodeDecodeError):
        raise ConfigError(f"{path}: no INI file with a section [{SECTION}]") from None
    kinds = {field.name: field.type for field in fields(Config)}
    if unknown := sorted(set(given) - set(kinds)):
        raise ConfigError(f"{path}: unknown settings: {', '.join(unknown)}")
    values: dict[str, object] = {}
    for name, text in given.items():
        if text.strip() == "" and name != "backend_url":
            continue
        try:
            values[name] = _value(str(kinds[name]), text.strip())
        except ValueError:
            raise ConfigError(f"{path}: {name}: not a {kinds[name]}") from None
    if not str(values.get("backend_url", "")).startswith(("http://", "https://")):
        raise ConfigError(f"{path}: backend_url must begin with http:// or https://")
    return Config(**values)  # type: ignore[arg-type]


def _value(kind: str, text: str) -> object:
    match kind:
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "bool":
            if text.lower() not in configparser.ConfigParser.BOOLEAN_STATES:
                raise ValueError
            return configparser.ConfigParser.BOOLEAN_STATES[text.lower()]
        case "Path":
            return Path(text)
    return text


def credentials(config: Config) -> Credentials | None:
    """From `config.ini` where a person wrote them there, else as registration saved them."""
    if config.device_id and config.device_api_key:
        return Credentials(config.device_id.lower(), config.device_api_key)
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with (config.state_dir / CREDENTIALS).open(encoding="utf-8") as file:
            parser.read_file(file)
        section = parser[SECTION]
        return Credentials(str(uuid.UUID(section["device_id"])), section["device_api_key"])
    except FileNotFoundError:
        return None
    except (OSError, configparser.Error, KeyError, ValueError):
        raise ConfigError(f"{config.state_dir / CREDENTIALS} cannot be read") from None


def save_credentials(config: Config, found: Credentials) -> Path:
    """Keep the key where only this user reads it; complete or not at all."""
    path = config.state_dir / CREDENTIALS
    config.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"[{SECTION}]\ndevice_id = {found.device_id}\ndevice_api_key = {found.device_api_key}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return path
