"""Where the simulated fleet connects, and its accounts: from the environment, else from the stack's `env` file."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from lics.fleet.camera import Broker


class FleetSettings(BaseSettings):
    """`LICS_*` settings that concern the fleet."""

    model_config = SettingsConfigDict(env_prefix="LICS_", extra="ignore")

    api_url: str = "http://127.0.0.1:54321"
    anon_key: str = ""
    mqtt_host: str = "127.0.0.1"
    mqtt_port: int = 1883
    fleet_password: str
    fleet_rig_id: str | None = None
    fleet_rig_key: str | None = None
    fleet_deployment_id: str | None = None

    @classmethod
    def load(cls, home: Path) -> "FleetSettings":
        """The environment wins over `home/env`."""
        return cls(_env_file=home / "env")

    def camera_broker(self, mac: str) -> Broker:
        """A camera's account."""
        return Broker(self.mqtt_host, self.mqtt_port, mac, self.fleet_password)

    def rig_broker(self) -> Broker:
        """The rig's account."""
        return Broker(self.mqtt_host, self.mqtt_port, self.fleet_rig_id or "", self.fleet_rig_key or "")
