"""The files of an export as streams of bytes: PostgreSQL formats, this joins."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from gateway.exports.options import Options
from gateway.exports.parquet import parquet
from gateway.exports.snapshot import Snapshot

FIXED = b"trial_number,started_at,ended_at,reaction_time,correct"
"""What every header begins with. It is sent before the first pass, so that a client with a long run sees bytes soon."""


@dataclass(frozen=True)
class Export:
    """One export in its snapshot."""

    snapshot: Snapshot
    deployment_id: UUID
    options: Options
    _plan: list[Any] = field(default_factory=list)

    async def begin(self) -> str:
        """The stem of the files' names. Raises the errors of a run that is not visible."""
        begun = await self.snapshot.value("select private.export_begin(%s)", self.deployment_id)
        return str(begun["file_stem"])

    async def plan(self) -> Any:
        """The first pass: columns. Made once."""
        if not self._plan:
            self._plan.append(
                await self.snapshot.value(
                    "select private.export_plan(%s, %s)", self.deployment_id, Jsonb(self.options.for_sql())
                )
            )
        return self._plan[0]

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

    async def parquet(self) -> AsyncIterator[bytes]:
        """Typed columns; strings as they are, since no spreadsheet runs them here."""
        plan = await self.plan()
        plan = {**plan, "options": {**plan["options"], "raw": True}}
        whole = await self.snapshot.value("select private.export_whole(%s)", Jsonb(plan))
        async for piece in parquet(self.snapshot, plan, await self._statement(plan, "cells"), whole):
            yield piece

    async def codebook(self) -> AsyncIterator[bytes]:
        """What the columns mean and hold."""
        yield await self._codebook()

    async def _codebook(self) -> bytes:
        if len(self._plan) < 2:
            plan = await self.plan()
            text = await self.snapshot.value("select jsonb_pretty(private.export_codebook(%s))", Jsonb(plan))
            self._plan.append(f"{text}\n".encode())
        return bytes(self._plan[1])

    async def manifest(self, wanted: tuple[str, ...]) -> AsyncIterator[bytes]:
        """What the data set is, with the checksums of the wanted files: they are made once more to be counted."""
        stem, files = await self.begin(), []
        for name in wanted:
            kind = KINDS[name]
            digest, size = hashlib.sha256(), 0
            async for piece in kind.make(self):
                digest.update(piece)
                size += len(piece)
            files.append({"name": stem + kind.suffix, "format": name, "sha256": digest.hexdigest(), "size": size})
        text = await self.snapshot.value(
            "select jsonb_pretty(private.export_manifest(%s, %s, %s::jsonb - 'columns', %s))",
            self.deployment_id,
            Jsonb(self.options.for_sql()),
            (await self._codebook()).decode(),
            Jsonb(files),
        )
        yield f"{text}\n".encode()


@dataclass(frozen=True)
class Kind:
    """One kind of file."""

    make: Callable[[Export], AsyncIterator[bytes]]
    suffix: str
    media_type: str


KINDS = {
    "csv": Kind(Export.csv, ".csv", "text/csv; charset=utf-8; header=present"),
    "jsonl": Kind(Export.jsonl, ".jsonl", "application/x-ndjson; charset=utf-8"),
    "parquet": Kind(Export.parquet, ".parquet", "application/vnd.apache.parquet"),
    "codebook": Kind(Export.codebook, "_codebook.json", "application/json"),
}
