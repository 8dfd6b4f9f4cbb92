"""Phoenix' two framings. 1.0.0 is a JSON object; 2.0.0 a JSON array, and a binary form for clients' broadcasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import orjson

Vsn = Literal["1.0.0", "2.0.0"]
PREFIX = "realtime:"


class FrameError(Exception):
    """A frame that is not of the protocol."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message of a client."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: dict[str, Any]


def _ref(value: object) -> str | None:
    return None if value is None else str(value)[:64]


def decode(text: str | None, raw: bytes | None, vsn: Vsn) -> Incoming:
    """The client's message. Raises FrameError."""
    if raw is not None:
        return _decode_binary(raw)
    try:
        value = orjson.loads(text or "")
    except orjson.JSONDecodeError as error:
        raise FrameError("not JSON") from error
    if vsn == "2.0.0" and isinstance(value, list) and len(value) == 5:
        join_ref, ref, topic, event, payload = value
    elif vsn == "1.0.0" and isinstance(value, dict):
        join_ref, ref, topic, event, payload = (
            value.get(key) for key in ("join_ref", "ref", "topic", "event", "payload")
        )
    else:
        raise FrameError("wrong shape")
    if not isinstance(topic, str) or not isinstance(event, str) or len(topic) > 512:
        raise FrameError("wrong shape")
    return Incoming(_ref(join_ref), _ref(ref), topic, event, payload if isinstance(payload, dict) else {})


def _decode_binary(raw: bytes) -> Incoming:
    """Kind 3, a user's broadcast: `03`, five lengths, encoding (1 JSON), then join_ref ref topic event meta payload."""
    if len(raw) < 7 or raw[0] != 3:
        raise FrameError("unknown binary frame")
    position, parts = 7, []
    for length in raw[1:6]:
        parts.append(raw[position : position + length])
        position += length
    try:
        join_ref, ref, topic, event, _meta = (part.decode() for part in parts)
        payload = orjson.loads(raw[position:]) if raw[6] == 1 else None
    except ValueError as error:  # bad UTF-8 or bad JSON
        raise FrameError("not readable") from error
    if payload is None:
        raise FrameError("binary payloads are not supported")
    return Incoming(
        join_ref or None, ref or None, topic, "broadcast", {"type": "broadcast", "event": event, "payload": payload}
    )


def encode(
    vsn: Vsn, topic: str, event: str, payload: Any, *, ref: str | None = None, join_ref: str | None = None
) -> str:
    """A message to a client. `ref` is always there: Python's client requires the key."""
    if vsn == "2.0.0":
        return orjson.dumps([join_ref, ref, topic, event, payload]).decode()
    return orjson.dumps({"topic": topic, "event": event, "payload": payload, "ref": ref, "join_ref": join_ref}).decode()
