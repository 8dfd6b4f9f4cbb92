"""An agent written from the seeds alone: no seq, no claim, no data/ack, no command ids. The compatibility test."""

import json
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

AUTH, SCRIPT = "/api/devices/auth", "/api/experiments/{id}/script"


class EdgeAgent:
    def __init__(self, backend: str, broker: tuple[str, int], device_id: str, key: str, folder: Path) -> None:
        self.api, self.device_id, self.key, self.folder = httpx.Client(base_url=backend), device_id, key, folder
        self.mqtt = mqtt.Client(CallbackAPIVersion.VERSION2)
        # the one thing to know beyond the seeds: the broker's account is the device and its key
        self.mqtt.username_pw_set(device_id, key)
        self.mqtt.on_connect, self.mqtt.on_message = self.on_connect, self.on_message
        self.authenticate()
        self.mqtt.connect(*broker)
        self.mqtt.loop_start()

    def authenticate(self) -> None:
        token = self.api.post(AUTH, json={"device_api_key": self.key}).raise_for_status().json()["access_token"]
        self.api.headers["Authorization"] = f"Bearer {token}"

    def publish(self, leaf: str, message: dict[str, Any]) -> None:
        self.mqtt.publish(f"devices/{self.device_id}/{leaf}", json.dumps(message), qos=1)

    def on_connect(self, *_: Any) -> None:
        self.mqtt.subscribe(f"devices/{self.device_id}/command", qos=1)
        self.publish("heartbeat", {"status": "online"})

    def on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        command = json.loads(message.payload)
        if command["action"] == "run":
            threading.Thread(target=self.run_experiment, args=[command]).start()

    def run_experiment(self, command: dict[str, Any]) -> None:
        deployment = {"deployment_id": command["deployment_id"]}
        self.publish("ack", deployment)
        self.publish("status", {**deployment, "status": "running"})
        path = self.folder / f"{command['experiment_id']}.py"
        path.write_text(
            self.api.get(SCRIPT.format(id=command["experiment_id"])).raise_for_status().json()["python_code"]
        )
        done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
        for number, line in enumerate(done.stdout.splitlines()):
            now = datetime.now(UTC).isoformat()
            self.publish("logs", {**deployment, "level": "INFO", "message": line})
            self.publish("data", {**deployment, "trial_number": number, "started_at": now, "ended_at": now})
        end = {"status": "completed"} if done.returncode == 0 else {"status": "failed", "error": done.stderr}
        self.publish("status", {**deployment, **end})
