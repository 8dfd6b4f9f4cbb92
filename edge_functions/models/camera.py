"""Messages of cameras. The firmware is fixed: every form that was seen in the field is read here."""

from __future__ import annotations

import binascii
import math
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from edge_functions.errors import RefusedError
from edge_functions.models.identity import same_camera
from edge_functions.models.instants import capture_time
from edge_functions.models.items import Item, Kind
from edge_functions.models.payload import one_object
from edge_functions.models.refusals import refuse

_INT2 = 2**15 - 1
_INT4 = 2**31 - 1
_LONGEST_LIST = 100
_LONGEST_NAME = 255
_SENSORS = ("temperature", "humidity", "pressure", "gas_resistance")


def _blank_is_none(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        raise PydanticCustomError("bad_type", "a boolean is no number")
    return value


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return value.strip() or None
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _number_or_none(value: Any) -> float | None:
    """For HELLO, of which any message counts: what is no number is no value."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _count_or_none(value: Any) -> int | None:
    number = _number_or_none(value)
    return int(number) if number is not None and 0 <= number <= _INT4 else None


def _dbm_or_none(value: Any) -> int | None:
    number = _number_or_none(value)
    return round(number) if number is not None and abs(number) <= _INT2 else None


def _text_or_none(value: Any) -> str | None:
    text = _text(value)
    return text[:_LONGEST_NAME] if isinstance(text, str) else None


def _names(value: Any) -> list[str] | None:
    if not isinstance(value, list):
        return None
    names = (_text_or_none(name) for name in value[:_LONGEST_LIST])
    return [name for name in names if name]


Number = Annotated[Annotated[float, Field(allow_inf_nan=False)] | None, BeforeValidator(_blank_is_none)]
Count = Annotated[Annotated[int, Field(ge=0, le=_INT4)] | None, BeforeValidator(_blank_is_none)]
Integer = Annotated[Annotated[int, Field(ge=-_INT4, le=_INT4)] | None, BeforeValidator(_blank_is_none)]
Name = Annotated[Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)], BeforeValidator(_text)]
Text = Annotated[Annotated[str, Field(max_length=_LONGEST_NAME)] | None, BeforeValidator(_text)]
LooseNumber = Annotated[float | None, BeforeValidator(_number_or_none)]
LooseCount = Annotated[int | None, BeforeValidator(_count_or_none)]
LooseDbm = Annotated[int | None, BeforeValidator(_dbm_or_none)]
LooseText = Annotated[str | None, BeforeValidator(_text_or_none)]


class CameraModel(BaseModel):
    """Unknown fields are ignored: they stay in ``raw``."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


class Hello(CameraModel):
    """Any object on ``status``. V, dBm, °C."""

    pendingImg: LooseCount = None  # noqa: N815 - the wire's name
    pending_count: LooseCount = None
    pending_list: Annotated[list[str] | None, BeforeValidator(_names)] = None
    battery_voltage: LooseNumber = None
    wifi_rssi: LooseDbm = None
    firmware_version: LooseText = None
    hardware_version: LooseText = None
    temperature: LooseNumber = None

    @property
    def backlog(self) -> int:
        """``pendingImg ?? pending_count ?? 0``: 0 is a value."""
        if self.pendingImg is not None:
            return self.pendingImg
        return self.pending_count or 0


class Metadata(CameraModel):
    """A picture announced, or telemetry only (no ``image_name``). Bytes; °C, %RH, hPa, kΩ; V, dBm."""

    image_name: Text = None
    timestamp: Any = None
    capture_timestamp: Any = None
    capture_timeStamp: Any = None  # noqa: N815 - the wire's name
    captured_at: Any = None
    image_size: Count = None
    max_chunk_size: Count = Field(default=None, validation_alias=AliasChoices("max_chunks_size", "max_chunk_size"))
    total_chunk_count: Count = Field(
        default=None, validation_alias=AliasChoices("total_chunk_count", "total_chunks_count")
    )
    location: Text = None
    error: Integer = None
    slot_index: Integer = None
    temperature: Number = None
    humidity: Number = None
    pressure: Number = None
    gas_resistance: Number = None
    battery_voltage: LooseNumber = None
    wifi_rssi: LooseDbm = None

    @property
    def time_on_wire(self) -> Any:
        """The first of the four names that holds anything."""
        for value in (self.timestamp, self.capture_timestamp, self.capture_timeStamp, self.captured_at):
            if value is not None and value != "":
                return value
        return None


class Chunk(CameraModel):
    """A piece of a picture. ``chunk_id`` as the device numbers it: from 0 or from 1."""

    image_name: Name
    chunk_id: Annotated[Annotated[int, Field(ge=0, le=_INT4)], BeforeValidator(_blank_is_none)]
    payload: Any


def hello(prefix: str, topic_id: str, mac: str, payload: bytes, *, enrolment: bool) -> Item:
    """``…/status``."""
    body = _clean_keys(one_object(payload))
    same_camera(body, mac)
    model = Hello.model_validate(body)
    value = model.model_dump(exclude={"pendingImg", "pending_count"})
    value.update(
        prefix=prefix, topic_id=topic_id, mac=mac, enrolment=enrolment, pending_count=model.backlog, raw=body,
    )  # fmt: skip
    return Item(Kind.HELLO, mac, value, payload)


def data(prefix: str, topic_id: str, mac: str, payload: bytes) -> Item:
    """``…/data``: a chunk, metadata or telemetry only, told apart by their fields."""
    body = _clean_keys(one_object(payload))
    same_camera(body, mac)
    try:
        if body.get("chunk_id") is not None:
            return _chunk(prefix, topic_id, mac, body, payload)
        return _metadata(prefix, topic_id, mac, body, payload)
    except ValidationError as error:
        raise refuse(error) from None


def _chunk(prefix: str, topic_id: str, mac: str, body: dict[str, Any], payload: bytes) -> Item:
    model = Chunk.model_validate(body)
    value = {
        "prefix": prefix, "topic_id": topic_id, "mac": mac, "image_name": model.image_name, "chunk_id": model.chunk_id,
        "data": chunk_bytes(model.payload),
    }  # fmt: skip
    return Item(Kind.CHUNK, mac, value, payload)


def chunk_bytes(value: Any) -> bytes:
    """A base64 string (firmware) or an array of byte values (simulators)."""
    if value is None or value in ("", []):
        raise RefusedError("missing_field", "payload is empty")
    if isinstance(value, str):
        text = "".join(value.split()).rstrip("=")
        try:
            found = binascii.a2b_base64(text + "=" * (-len(text) % 4), strict_mode=True) if text else b""
        except (binascii.Error, ValueError):
            raise RefusedError("bad_type", "payload is not base64") from None
    elif isinstance(value, list):
        if any(type(byte) is not int for byte in value):
            raise RefusedError("bad_type", "payload holds what is no byte")
        try:
            found = bytes(value)
        except ValueError:
            raise RefusedError("bad_type", "payload holds what is no byte") from None
    else:
        raise RefusedError("bad_type", "payload")
    if not found:
        raise RefusedError("missing_field", "payload is empty")
    return found


def _metadata(prefix: str, topic_id: str, mac: str, body: dict[str, Any], payload: bytes) -> Item:
    model = Metadata.model_validate(_with_sensors(body))
    value = model.model_dump(exclude={"timestamp", "capture_timestamp", "capture_timeStamp"})
    if model.total_chunk_count is None:
        if model.image_name is not None:
            raise RefusedError("missing_field", "total_chunk_count")
        if all(value[name] is None for name in _SENSORS):
            raise RefusedError("missing_field", "neither a picture nor a sensor value")
    elif model.image_name is None and model.total_chunk_count > 0:
        raise RefusedError("missing_field", "image_name")
    taken = capture_time(model.time_on_wire)
    if taken.key is None and model.total_chunk_count:
        # A picture without any time: its name alone makes a repeat (a redelivery, say) the same one.
        taken = taken._replace(key="")
    value.update(
        prefix=prefix, topic_id=topic_id, mac=mac, raw=body,
        captured_at=taken.captured_at, captured_at_raw=taken.raw, timestamp_source=taken.source, capture_key=taken.key,
    )  # fmt: skip
    return Item(Kind.METADATA, mac, value, payload)


def _with_sensors(body: dict[str, Any]) -> dict[str, Any]:
    """Nested sensor values win, flat ones are the fallback."""
    nested = body.get("sensor_data")
    if nested is None:
        return body
    if not isinstance(nested, dict):
        raise RefusedError("bad_type", "sensor_data")
    nested = _clean_keys(nested)
    return body | {name: nested[name] for name in _SENSORS if nested.get(name) not in (None, "")}


def _clean_keys(body: dict[str, Any]) -> dict[str, Any]:
    """Blanks around a field's name are a typing slip."""
    if all(key == key.strip() for key in body):
        return body
    return {key.strip(): value for key, value in body.items()}
