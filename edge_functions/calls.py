"""The SQL calls of one transaction: which function gets which items, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import orjson

from edge_functions.database import Connection
from edge_functions.errors import REASONS, Reason
from edge_functions.models.items import Item, Kind, Part, raw_bytes
from edge_functions.models.rejections import rejections

_CHUNKS: LiteralString = (
    "select idx, reason, detail from private.ingest_chunks("
    "%b::text[], %b::text[], %b::text[], %b::text[], %b::int[], %b::bytea[])"
)
_STATEMENTS: dict[Kind, LiteralString] = {
    Kind.HELLO: "select idx, reason, detail from private.ingest_hellos(%s::jsonb)",
    Kind.METADATA: "select idx, reason, detail from private.ingest_metadata(%s::jsonb)",
    Kind.CHUNK: _CHUNKS,
    Kind.PRESENCE: "select idx, reason, detail from private.ingest_presence(%s::jsonb)",
    Kind.REPORT: "select idx, reason, detail from private.ingest_run_reports(%s::jsonb)",
    Kind.TRIAL: "select idx, reason, detail from private.ingest_trials(%s::jsonb)",
    Kind.LOG: "select idx, reason, detail from private.ingest_logs(%s::jsonb)",
}
_DEAD_LETTERS: LiteralString = "select private.store_dead_letters(%b::text[], %b::bytea[], %b::text[], %b::text[])"
_REJECTIONS: LiteralString = "select private.reject_trials(%s::jsonb)"
_TIMES = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
_LONGEST_DETAIL = 500


@dataclass(slots=True)
class Unit:
    """The smallest thing that is stored or refused alone, with the topic it came on."""

    topic: str
    part: Part


@dataclass(slots=True)
class DeadLetter:
    """One row for private.mqtt_dead_letters."""

    topic: str
    payload: bytes
    reason: Reason
    detail: str


@dataclass(slots=True)
class Plan:
    """One transaction."""

    calls: list[tuple[Kind, list[Unit]]] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    """Trials among the letters whose rig is told; those that SQL refuses, SQL answers."""


def plan(units: Sequence[Unit]) -> Plan:
    """One call per kind, as few as keep each device's order.

    A device's phase rises whenever its next item ranks below the one before; calls go by phase, then by rank. Log lines
    touch nothing the others decide on, so they all share the first phase.
    """
    made = Plan()
    groups: dict[tuple[int, Kind], list[Unit]] = {}
    reached: dict[str, tuple[int, Kind]] = {}
    for unit in units:
        part = unit.part
        if not isinstance(part, Item):
            made.letters.append(DeadLetter(unit.topic, raw_bytes(part.raw), part.reason, part.detail))
            made.rejections += rejections(unit.topic, part)
            continue
        phase = 0
        if part.kind is not Kind.LOG:
            phase, rank = reached.get(part.device, (0, part.kind))
            if part.kind < rank:
                phase += 1
            reached[part.device] = (phase, part.kind)
        groups.setdefault((phase, part.kind), []).append(unit)
    made.calls = [(kind, groups[phase, kind]) for phase, kind in sorted(groups)]
    return made


def _values(units: Sequence[Unit]) -> list[dict[str, Any]]:
    return [unit.part.value for unit in units if isinstance(unit.part, Item)]


def _parameters(kind: Kind, units: Sequence[Unit]) -> tuple[Any, ...]:
    values = _values(units)
    if kind is Kind.CHUNK:
        names = ("mac", "prefix", "topic_id", "image_name", "chunk_id", "data")
        return tuple([value[name] for value in values] for name in names)
    return (orjson.dumps(values, option=_TIMES).decode(),)


async def execute(connection: Connection, made: Plan) -> list[DeadLetter]:
    """Make the calls, store the dead letters of parsing and of SQL; the caller commits. Answers the dead letters."""
    letters = list(made.letters)
    async with connection.pipeline():
        cursors = [
            await connection.execute(_STATEMENTS[kind], _parameters(kind, units), prepare=True)
            for kind, units in made.calls
        ]
        for cursor, (_, units) in zip(cursors, made.calls, strict=True):
            async for idx, reason, detail in cursor:
                unit = units[int(str(idx))]
                known: Reason = reason if reason in REASONS else "internal"  # type: ignore[assignment]
                letters.append(DeadLetter(unit.topic, raw_bytes(unit.part.raw), known, str(detail or "")))
        if made.rejections:
            await connection.execute(_REJECTIONS, (orjson.dumps(made.rejections).decode(),), prepare=True)
        if letters:
            await connection.execute(
                _DEAD_LETTERS,
                (
                    [letter.topic for letter in letters],
                    [letter.payload for letter in letters],
                    [letter.reason for letter in letters],
                    [letter.detail[:_LONGEST_DETAIL] for letter in letters],
                ),
                prepare=True,
            )
    return letters


async def probe(connection: Connection, kinds: Sequence[Kind]) -> None:
    """Call each function with nothing: raises where the function itself is missing or forbidden."""
    await connection.execute(_REJECTIONS, ("[]",))
    for kind in kinds:
        await connection.execute(_STATEMENTS[kind], ([],) * 6 if kind is Kind.CHUNK else ("[]",))
