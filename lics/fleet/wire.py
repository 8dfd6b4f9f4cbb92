"""What a camera writes, in the forms that the field knows, and what it understands of the server's answers."""

import base64
import dataclasses
import datetime as dt
import json
import random
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

CHUNK_SIZE = 1024
"""Bytes of a chunk, as the firmware cuts."""

Prefix = Literal["device", "ESP32CAM"]
MacForm = Literal["plain", "colons", "dashes", "lower"]


@dataclasses.dataclass(frozen=True)
class Dialect:
    """How one camera spells things. Any mixture of these is in the field."""

    prefix: Prefix = "ESP32CAM"
    mac_form: MacForm = "plain"
    first_chunk_id: Literal[0, 1] = 0
    bytes_as_array: bool = False
    time_field: str = "timestamp"
    count_field: str = "total_chunk_count"
    size_field: str = "max_chunks_size"
    nested_sensors: bool = True
    lists_names: bool = True
    """Whether the HELLO names queued files; if not, a `capture_image` offers a queued file first (vendor's text)."""
    hello_alive: Literal["Alive", "alive", "true", "1"] = "Alive"
    loose_time: bool = False
    """Times such as `2026-2-7 4:3:9`: no leading zeros, no zone, meant as UTC."""
    qos: Literal[0, 1] = 1

    @classmethod
    def drawn(cls, rng: random.Random) -> "Dialect":
        """One by chance."""
        return cls(
            prefix=rng.choice(("device", "ESP32CAM")),
            mac_form=rng.choice(("plain", "colons", "dashes", "lower")),
            first_chunk_id=rng.choice((0, 0, 1)),
            bytes_as_array=rng.random() < 0.2,
            time_field=rng.choice(("timestamp", "capture_timestamp", "capture_timeStamp", "captured_at")),
            count_field=rng.choice(("total_chunk_count", "total_chunks_count")),
            size_field=rng.choice(("max_chunks_size", "max_chunk_size")),
            nested_sensors=rng.random() < 0.6,
            lists_names=rng.random() < 0.8,
            hello_alive=rng.choice(("Alive", "alive", "true", "1")),
            loose_time=rng.random() < 0.15,
        )

    def topic_id(self, mac: str) -> str:
        """The MAC as this camera writes it into topics and payloads. Ids that are no MAC stay as they are."""
        if len(mac) != 12 or ":" in mac or "-" in mac:
            return mac
        pairs = [mac[start : start + 2] for start in range(0, 12, 2)]
        spelled = {"plain": mac, "colons": ":".join(pairs), "dashes": "-".join(pairs), "lower": ":".join(pairs).lower()}
        return spelled[self.mac_form]

    def time_text(self, at: dt.datetime) -> str:
        """A time of the camera's clock as it writes it."""
        at = at.astimezone(dt.UTC)
        if self.loose_time:
            return f"{at.year}-{at.month}-{at.day} {at.hour}:{at.minute}:{at.second}"
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"


@dataclasses.dataclass(frozen=True)
class Sensors:
    """One reading: °C, %RH, hPa, kΩ."""

    temperature: float
    humidity: float
    pressure: float
    gas_resistance: float

    @classmethod
    def drawn(cls, rng: random.Random) -> "Sensors":
        """A plausible reading of a growth chamber."""
        return cls(
            round(rng.gauss(21.5, 0.8), 2),
            round(rng.gauss(58, 3), 1),
            round(rng.gauss(1014, 4), 1),
            round(rng.gauss(12, 1.5), 2),
        )


@dataclasses.dataclass(frozen=True)
class Picture:
    """A file on the SD card. `captured_at` is the text that the camera's clock gave."""

    name: str
    captured_at: str
    data: bytes
    sensors: Sensors

    @property
    def chunk_count(self) -> int:
        """Chunks that the file makes."""
        return -(-len(self.data) // CHUNK_SIZE)


class Answer(NamedTuple):
    """A message of the server. `names`: the file it is about, if any."""

    kind: Literal["capture", "send", "send_all", "missing", "stored", "final", "sleep", "ping", "reboot", "unknown"]
    name: str | None = None
    chunk_ids: tuple[int, ...] = ()
    next_wake: str | None = None


def hello(
    dialect: Dialect, mac: str, pending: Sequence[str], *, battery: float, rssi: float, firmware: str
) -> dict[str, Any]:
    """The first message of a wake. `battery` in V, `rssi` in dBm; at most ten pending names are listed."""
    alive = _ALIVE[dialect.hello_alive]
    queue: dict[str, Any] = {"pendingImg": len(pending)} if dialect.lists_names else {"pending_count": len(pending)}
    if dialect.lists_names and pending:
        queue["pending_list"] = list(pending[:10])
    return {
        "device_id": dialect.topic_id(mac),
        **alive,
        **queue,
        "battery_voltage": round(battery, 2),
        "wifi_rssi": round(rssi),
        "firmware_version": firmware,
    }


def metadata(dialect: Dialect, mac: str, picture: Picture, error: int = 0) -> dict[str, Any]:
    """What the camera says about a file before it may send it."""
    sensors = dataclasses.asdict(picture.sensors)
    number = "".join(filter(str.isdigit, picture.name))
    return {
        "device_id": dialect.topic_id(mac),
        dialect.time_field: picture.captured_at,
        "image_name": picture.name,
        **({"image_id": int(number)} if number else {}),
        "image_size": len(picture.data),
        dialect.size_field: CHUNK_SIZE,
        dialect.count_field: picture.chunk_count,
        "error": error,
        **({"sensor_data": sensors} if dialect.nested_sensors else sensors),
    }


def telemetry(dialect: Dialect, mac: str, captured_at: str, sensors: Sensors, battery: float) -> dict[str, Any]:
    """A wake whose camera failed: the readings alone."""
    return {
        "device_id": dialect.topic_id(mac),
        "captured_at": captured_at,
        "temperature": sensors.temperature,
        "humidity": sensors.humidity,
        "battery_voltage": round(battery, 2),
    }


def chunk(dialect: Dialect, mac: str, picture: Picture, index: int) -> dict[str, Any]:
    """One piece of a file. `index` counts from 0, whatever base the camera writes."""
    data = picture.data[index * CHUNK_SIZE : (index + 1) * CHUNK_SIZE]
    return {
        "device_id": dialect.topic_id(mac),
        "image_name": picture.name,
        "chunk_id": index + dialect.first_chunk_id,
        "max_chunk_size": CHUNK_SIZE,
        "payload": list(data) if dialect.bytes_as_array else base64.b64encode(data).decode(),
    }


_ALIVE: dict[str, dict[str, Any]] = {
    "Alive": {"status": "Alive"},
    "alive": {"status": "alive"},
    "true": {"alive": True},
    "1": {"alive": 1},
}


def parse(payload: bytes) -> Answer:  # noqa: PLR0911
    """What a message on `cmd` or `ack` asks for."""
    try:
        message = json.loads(payload)
    except ValueError:
        return Answer("unknown")
    if not isinstance(message, dict):
        return Answer("unknown")
    name = message.get("image_name")
    if "missing_chunks" in message:
        return Answer("missing", name, tuple(message["missing_chunks"]))
    if isinstance(message.get("ACK_OK"), dict):
        return Answer("final", name, next_wake=message["ACK_OK"].get("next_wake_time"))
    if message.get("ACK_OK"):
        return Answer("stored", name)
    if "next_wake" in message:
        return Answer("sleep", next_wake=message["next_wake"])
    if "send_image" in message:
        return Answer("send", message["send_image"])
    for field, kind in (
        ("capture_image", "capture"),
        ("send_all_pending", "send_all"),
        ("ping", "ping"),
        ("reboot", "reboot"),
    ):
        if message.get(field):
            return Answer(kind)  # type: ignore[arg-type]
    return Answer("unknown")
