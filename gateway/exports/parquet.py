"""Parquet from the lines that COPY sends, a row group at a time.

pyarrow, because it is the one library that writes a file in row groups to something that is not a file while the rows
are still coming (polars needs the whole frame, or a frame it can scan again). It weighs 55 MB to install, and is
imported when the first person asks for Parquet: gateways that never do, stay small.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from gateway.exports.snapshot import Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

GROUP = 8_388_608
"""Bytes of CSV a row group."""


class Sink(io.RawIOBase):
    """A file that is handed on as it grows: it remembers only how long it has become."""

    def __init__(self) -> None:
        self._new = bytearray()
        self._length = 0

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:
        """Appends."""
        size = len(memoryview(data).cast("B"))
        self._new += data
        self._length += size
        return size

    def tell(self) -> int:
        """Bytes written so far."""
        return self._length

    def take(self) -> bytes:
        """What was written since the last take."""
        taken = bytes(self._new)
        self._new.clear()
        return taken


class Writer:
    """Takes whole CSV lines, gives Parquet. Every column has the type that the plan found over all rows, so that each
    group has the same schema: whole numbers that fit are int64, other numbers double."""

    def __init__(self, columns: list[dict[str, Any]], whole: list[bool]) -> None:
        import pyarrow as pa  # noqa: PLC0415
        from pyarrow import csv, parquet  # noqa: PLC0415

        types: dict[str, pa.DataType] = {
            "integer": pa.int32(),
            "time": pa.timestamp("ms", tz="UTC"),
            "number": pa.float64(),
            "boolean": pa.bool_(),
        }
        names = [str(column["name"]) for column in columns]
        self._schema = pa.schema(
            (name, pa.int64() if is_whole else types.get(column["kind"], pa.string()))
            for name, column, is_whole in zip(names, columns, whole, strict=True)
        )
        self._read = csv.read_csv
        self._options = {
            "read_options": csv.ReadOptions(column_names=names, use_threads=False, block_size=4 * GROUP),
            "parse_options": csv.ParseOptions(newlines_in_values=True),
            "convert_options": csv.ConvertOptions(
                column_types=self._schema,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["true"],
                false_values=["false"],
                timestamp_parsers=[csv.ISO8601],
            ),
        }
        self._sink = Sink()
        self._parquet = parquet.ParquetWriter(self._sink, self._schema, compression="zstd")

    def group(self, lines: bytes) -> bytes:
        """Writes a row group; what the file has grown by."""
        if lines:
            self._parquet.write_table(self._read(io.BytesIO(lines), **self._options))
        return self._sink.take()

    def end(self) -> bytes:
        """The footer."""
        self._parquet.close()
        return self._sink.take()


async def parquet(snapshot: Snapshot, plan: Any, statement: str, whole: list[bool]) -> AsyncIterator[bytes]:
    """The file of a run's rows."""
    writer = await snapshot.run(Writer, plan["columns"], whole)
    lines = bytearray()
    async for piece in snapshot.copy(statement, "format csv", b"\n"):
        lines += piece
        if len(lines) >= GROUP:
            yield await snapshot.run(writer.group, bytes(lines))
            lines.clear()
    yield await snapshot.run(writer.group, bytes(lines))
    yield await snapshot.run(writer.end)
