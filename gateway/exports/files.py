"""The files of an export as streams of bytes: PostgreSQL formats, this joins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.exports.options import Options
from gateway.exports.snapshot import Snapshot

FIXED = b"trial_number,started_at,ended_at,reaction_time,correct"
"""What every header begins with. It is sent before the first pass, so that a client with a long run sees bytes soon."""


@dataclass(frozen=True)
class Export:
    """One export in its snapshot."""

    snapshot: Snapshot
    deployment_id: UUID
    options: Options

    async def begin(self) -> str:
        """The stem of the files' names. Raises the errors of a run that is not visible."""
        begun = await self.snapshot.value("select private.export_begin(%s)", self.deployment_id)
        return str(begun["file_stem"])

    async def plan(self) -> Any:
        """The first pass: columns."""
        return await self.snapshot.value(
            "select private.export_plan(%s, %s)",
            self.deployment_id,
            Jsonb({"names": self.options.names, "entries": self.options.entries, "raw": self.options.raw}),
        )

    async def _statement(self, plan: Any, form: str) -> str:
        return str(await self.snapshot.value("select private.export_statement(%s, %s)", Jsonb(plan), form))

    async def csv(self) -> AsyncIterator[bytes]:
        """RFC 4180."""
        yield (b"\xef\xbb\xbf" if self.options.bom else b"") + FIXED
        plan = await self.plan()
        header = str(await self.snapshot.value("select private.export_header(%s)", Jsonb(plan))).encode()
        yield header.removeprefix(FIXED) + b"\r\n"
        async for piece in self.snapshot.copy(await self._statement(plan, "cells"), "format csv", b"\r\n"):
            yield piece

    async def jsonl(self) -> AsyncIterator[bytes]:
        """One object a line, every column in each. JSON text has no control characters, so COPY need not quote it."""
        statement = await self._statement(await self.plan(), "jsonl")
        async for piece in self.snapshot.copy(statement, "format csv, delimiter e'\\x01', quote e'\\x02'", b"\n"):
            yield piece
