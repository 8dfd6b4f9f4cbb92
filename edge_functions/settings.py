"""Settings of the handler, read from the environment (docs/ARCHITECTURE.md lists the names)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One process of the edge. Every name has the prefix ``LICS_``."""

    model_config = SettingsConfigDict(env_prefix="LICS_", extra="ignore", frozen=True)

    edge_db_url: SecretStr = Field(description="role edge_handler")
    edge_id: int = Field(default=0, ge=0, le=999, description="which member of the shared subscription: client edge-N")
    edge_host: str = Field(default="127.0.0.1", description="address of /healthz and /metrics")
    edge_port: int = Field(default=54325, ge=1, le=65535)

    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = Field(default=1883, ge=1, le=65535)
    edge_mqtt_user: str = "edge"
    edge_mqtt_password: SecretStr = SecretStr("")
    mqtt_enrol_user: str = "enrol"
    mqtt_receive_maximum: int = Field(
        default=2000, ge=1, le=65535, description="messages the broker may send before the first is acknowledged"
    )
    mqtt_keepalive_s: int = Field(default=30, ge=5, le=3600)

    broker_dir: Path | None = Field(default=None, description="where passwd, acl and mosquitto.pid live")
    api_url: str = "http://127.0.0.1:54321"
    service_key: SecretStr = SecretStr("")

    edge_batch_size: int = Field(default=500, ge=1, le=5000, description="messages a transaction, at most")
    edge_batch_bytes: int = Field(default=4_000_000, ge=65_536, description="payload bytes a transaction, about")
    edge_linger_ms: float = Field(
        default=4.0, ge=0, le=1000, description="how long the first message waits for company"
    )

    psychopy_python: Path | None = Field(
        default=None, description="interpreter with PsychoPy, which compiles .psyexp files; none: they wait"
    )

    smtp_url: SecretStr | None = Field(
        default=None,
        description="smtp://user:password@host:port (STARTTLS where offered), smtp+starttls:// (required), smtps://",
    )
    smtp_from: str = Field(default="lics@localhost", description="sender of e-mails")
    public_url: str | None = Field(default=None, description="the console, as people reach it: a link in e-mails")
    webhook_private: bool = Field(default=False, description="let webhooks call hosts on private networks")

    @property
    def client_id(self) -> str:
        """Fixed, so that the broker keeps this member's session while the process is away."""
        return f"edge-{self.edge_id}"
