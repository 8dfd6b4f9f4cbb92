"""Messages of rigs. The seeds' fields are required, everything else is optional."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import PydanticCustomError

from edge_functions.errors import RefusedError
from edge_functions.models.identity import canonical_uuid, same_rig
from edge_functions.models.instants import rig_time
from edge_functions.models.items import Item, Kind, Part, Raw, Refusal
from edge_functions.models.payload import MAX_BYTES, check, decode, one_object
from edge_functions.models.refusals import refuse

TRIALS_A_BATCH = 50
LOGS_A_BATCH = 100
LINE_BYTES = 8 * 1024
LOG_BATCH_BYTES = LOGS_A_BATCH * (LINE_BYTES + 1024)
"""A batch of the longest lines, each with a context, must fit; a single message keeps to MAX_BYTES."""

_INT4 = 2**31 - 1
_INT8 = 2**63 - 1
_RUN_STATES = frozenset({"running", "completed", "failed", "timed_out", "cancelled"})


def _no_bool(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("bad_type", "a boolean is no number")
    return value


def _time(value: Any) -> Any:
    try:
        return rig_time(value)
    except (ValueError, IndexError, OverflowError):
        raise PydanticCustomError("missing" if value is None else "bad_time", "not RFC 3339") from None


def _uuid(value: Any) -> str:
    known = canonical_uuid(value) if isinstance(value, str) else None
    if known is None:
        raise PydanticCustomError("missing" if value is None else "bad_type", "not a UUID")
    return known


def _optional_uuid(value: Any) -> str | None:
    return None if value is None else _uuid(value)


def _optional_time(value: Any) -> Any:
    return None if value is None else _time(value)


def _truth(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    raise PydanticCustomError("bad_type", "neither true nor false")


def _lower(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


def _level(value: Any) -> Any:
    return "INFO" if value is None else str(value).strip()[:100]


def _label(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Int4 = Annotated[Annotated[int, Field(ge=0, le=_INT4)], BeforeValidator(_no_bool)]
Positive4 = Annotated[Annotated[int, Field(ge=1, le=_INT4)] | None, BeforeValidator(_no_bool)]
Positive8 = Annotated[Annotated[int, Field(ge=1, le=_INT8)] | None, BeforeValidator(_no_bool)]
Count8 = Annotated[Annotated[int, Field(ge=0, le=_INT8)] | None, BeforeValidator(_no_bool)]
Id = Annotated[str, PlainValidator(_uuid)]
Time = Annotated[datetime, PlainValidator(_time)]
OptionalTime = Annotated[datetime | None, PlainValidator(_optional_time)]
Truth = Annotated[bool | None, BeforeValidator(_truth)]
Label = Annotated[Annotated[str, Field(max_length=200)] | None, BeforeValidator(_label)]


class RigModel(BaseModel):
    """Unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class Trial(RigModel):
    """One row of an experiment. ``reaction_time`` in ms."""

    deployment_id: Id
    trial_number: Int4
    started_at: Time
    ended_at: Time
    seq: Positive8 = None
    rev: Positive4 = None
    kind: Literal["trial", "entry"] | None = None
    response: Any = None
    reaction_time: Annotated[float | None, BeforeValidator(_no_bool)] = None
    correct: Truth = None
    custom_data: Any = None
    partial: Truth = None
    boot_id: Label = None


class LogLine(RigModel):
    """One line of a script's output."""

    deployment_id: Annotated[str | None, PlainValidator(_optional_uuid)] = None
    level: Annotated[str, BeforeValidator(_level)] = "INFO"
    message: str
    line_no: Count8 = None
    at: OptionalTime = None
    stream: Label = None
    context: dict[str, Any] | None = None
    boot_id: Label = None


class RunAck(RigModel):
    """The agent took the command, or refused it."""

    deployment_id: Id
    accepted: Truth = True
    reason: str | None = None
    reason_code: Label = None
    at: OptionalTime = None
    boot_id: Label = None


class RunStatus(RigModel):
    """A run's state as the agent sees it."""

    deployment_id: Id
    status: Annotated[Literal["running", "completed", "failed", "timed_out", "cancelled"], BeforeValidator(_lower)]
    reason: str | None = None
    error: str | None = None
    reason_code: Label = None
    at: OptionalTime = None
    boot_id: Label = None


class Presence(RigModel):
    """A heartbeat, a greeting or a last will. ``running`` absent says nothing about runs; empty says none runs."""

    status: Annotated[Literal["online", "offline"], BeforeValidator(_lower)]
    boot_id: Label = None
    agent_version: Label = None
    running: list[Id] | None = None


def data(device_id: str, payload: bytes) -> list[Part]:
    """``devices/{id}/data``: a trial, or an array of them."""
    return _batch(device_id, payload, TRIALS_A_BATCH, MAX_BYTES, _trial)


def logs(device_id: str, payload: bytes) -> list[Part]:
    """``devices/{id}/logs``: a line, or an array of them."""
    limit = LOG_BATCH_BYTES if payload.lstrip()[:1] == b"[" else MAX_BYTES
    return _batch(device_id, payload, LOGS_A_BATCH, limit, _log)


def ack(device_id: str, payload: bytes) -> list[Part]:
    """``devices/{id}/ack``."""
    body = one_object(payload)
    same_rig(body, device_id)
    return [_validated(_ack, device_id, body, payload)]


def status(device_id: str, payload: bytes) -> list[Part]:
    """``devices/{id}/status``: of a run where it names a deployment, else of the device."""
    body = one_object(payload)
    same_rig(body, device_id)
    if body.get("deployment_id") is not None:
        return [_validated(_report, device_id, body, payload)]
    state = _lower(body.get("status"))
    if isinstance(state, str) and state in _RUN_STATES:
        raise RefusedError("missing_field", "deployment_id")
    return [_validated(_presence_status, device_id, body, payload)]


def heartbeat(device_id: str, payload: bytes) -> list[Part]:
    """``devices/{id}/heartbeat``."""
    body = one_object(payload)
    same_rig(body, device_id)
    return [_validated(_presence_heartbeat, device_id, body, payload)]


Parser = Callable[[str, dict[str, Any], Raw], Item]


def _validated(parse: Parser, device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    try:
        return parse(device_id, body, raw)
    except ValidationError as error:
        raise refuse(error) from None


def _batch(device_id: str, payload: bytes, most: int, max_bytes: int, parse: Parser) -> list[Part]:
    value, suspicious = decode(payload, max_bytes)
    if isinstance(value, dict):
        if suspicious:
            check(value)
        same_rig(value, device_id)
        return [_validated(parse, device_id, value, payload)]
    if not isinstance(value, list):
        raise RefusedError("not_object")
    if not value:
        raise RefusedError("empty_batch")
    if len(value) > most:
        raise RefusedError("too_large", f"{len(value)} items, at most {most}")
    parts: list[Part] = []
    for body in value:
        try:
            if not isinstance(body, dict):
                raise RefusedError("not_object")  # noqa: TRY301 - caught below as the others' are
            if suspicious:
                check(body)
            same_rig(body, device_id)
            parts.append(_validated(parse, device_id, body, body))
        except RefusedError as refused:
            parts.append(Refusal(refused.reason, refused.detail, body))
    return parts


def _trial(device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    model = Trial.model_validate(body)
    flags = []
    if model.started_at.tzinfo is None or model.ended_at.tzinfo is None:
        flags.append("no_zone")
    value = model.__dict__ | {
        "device_id": device_id, "flags": flags, "rev": model.rev or 1, "kind": model.kind or "trial",
        "partial": bool(model.partial),
    }  # fmt: skip
    return Item(Kind.TRIAL, device_id, value, raw)


def _log(device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    """Long lines are cut and unknown levels are mapped by SQL."""
    model = LogLine.model_validate(body)
    context = dict(model.context or {})
    if model.at is not None and model.at.tzinfo is None:
        context["no_zone"] = True
    value = model.__dict__ | {"device_id": device_id, "context": context}
    return Item(Kind.LOG, device_id, value, raw)


_REPORT_FIELDS = frozenset(
    {"device_id", "deployment_id", "status", "accepted", "reason", "error", "reason_code", "at", "boot_id"}
)
_PRESENCE_FIELDS = frozenset({"device_id", "status", "boot_id", "agent_version", "running"})


def _rest(body: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key not in known}


def _run_item(device_id: str, kind: str, model: RunAck | RunStatus, body: dict[str, Any], raw: Raw) -> Item:
    details = _rest(body, _REPORT_FIELDS)
    if model.at is not None and model.at.tzinfo is None:
        details["no_zone"] = True
    value = {"status": None, "accepted": None, "error": None} | model.__dict__ | {
        "device_id": device_id, "kind": kind, "details": details
    }  # fmt: skip
    return Item(Kind.REPORT, device_id, value, raw)


def _ack(device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    model = RunAck.model_validate(body)
    item = _run_item(device_id, "ack", model, body, raw)
    item.value["accepted"] = model.accepted is not False
    return item


def _report(device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    return _run_item(device_id, "status", RunStatus.model_validate(body), body, raw)


def _presence_item(device_id: str, kind: str, body: dict[str, Any], raw: Raw) -> Item:
    model = Presence.model_validate(body)
    value = model.__dict__ | {"device_id": device_id, "kind": kind, "details": _rest(body, _PRESENCE_FIELDS)}
    return Item(Kind.PRESENCE, device_id, value, raw)


def _presence_status(device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    return _presence_item(device_id, "status", body, raw)


def _presence_heartbeat(device_id: str, body: dict[str, Any], raw: Raw) -> Item:
    return _presence_item(device_id, "heartbeat", {"status": "online"} | body, raw)
