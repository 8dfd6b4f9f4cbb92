"""From a run's file of records to the spool; reads on where a former agent stopped."""

from __future__ import annotations

import json
import logging
import sqlite3
from pathlib import Path
from typing import Any

from agent import shape
from agent.spool import Record, Spool

log = logging.getLogger(__name__)

LINES_A_COMMIT = 500
FILE = "trials.jsonl"


class Intake:
    """One for a run."""

    def __init__(self, spool: Spool, deployment_id: str, folder: Path) -> None:
        self._spool, self._deployment, self._path = spool, deployment_id, folder / FILE
        self._offset = spool.offset(deployment_id)
        self._count = spool.last_seq(deployment_id)
        self._earlier: float | None = None
        self.blocked = False
        """Whether the last look could not keep what it found: a full disk, mostly."""
        self.broken = 0
        """Lines that were no record; they stay in the file."""

    def drain(self) -> int:
        """Take what is new; answers how many trials. A full disk leaves the rest in the file, for later."""
        taken = 0
        self.blocked = False
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                while lines := _whole_lines(file):
                    taken += self._take(lines)
                    # half a line that the script was just writing has been read past: begin again at its start
                    file.seek(self._offset)
        except FileNotFoundError:
            return taken
        except (OSError, sqlite3.Error):
            self.blocked = True
            log.exception("trials of %s could not be taken over; they wait in %s", self._deployment, self._path)
        return taken

    def _take(self, lines: list[bytes]) -> int:
        records: list[Record] = []
        end: dict[str, Any] | None = None
        count, earlier, broken = self._count, self._earlier, 0
        for line in lines:
            record = _record(line)
            if record is None:
                broken += 1
            elif record["type"] == "end":
                end = record
            else:
                at = float(record["at"])
                count += 1
                records.append(Record(shape.trial(record["trial"], at, count, earlier or at), record.get("entry")))
                earlier = at
        offset = self._offset + sum(map(len, lines))
        self._spool.add(self._deployment, records, offset, end)
        self._offset, self._count, self._earlier = offset, count, earlier
        self.broken += broken
        return len(records)


def _whole_lines(file: Any) -> list[bytes]:
    lines: list[bytes] = []
    while len(lines) < LINES_A_COMMIT:
        line = file.readline()
        if not line.endswith(b"\n"):
            break
        lines.append(line)
    return lines


def _record(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
        if found["type"] == "trial":
            known = isinstance(found["trial"], dict) and isinstance(found.get("entry"), int | None)
            return found if known and float(found["at"]) > 0 else None
        return found if found["type"] == "end" else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
