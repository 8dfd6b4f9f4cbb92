"""Log lines on their way to the server, in a SQLite file of their own: they outlive a restart of the agent.

Synchronous NORMAL: a killed agent loses none, a power cut may lose the last ones. Trials are in another file, which a
flood of lines never touches. One connection, guarded by a lock.
"""

from __future__ import annotations

import contextlib
import json
import logging
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

WAITING_LINES = 10_000
BATCH_LINES, BATCH_BYTES = 100, 60 * 1024
FILE = "logs.db"


@dataclass(frozen=True)
class Batch:
    """Lines `first` to `last` of the queue as one message, an array."""

    first: int
    last: int
    payload: str


class LogQueue:
    """Bounded: when too many wait, the oldest plain ones go first."""

    def __init__(self, folder: Path, wake: threading.Event) -> None:
        self._lock, self._wake = threading.Lock(), wake
        self._path = folder / FILE
        try:
            self._db = self._open()
        except sqlite3.DatabaseError:
            # a file that cannot be read is put aside: lines are no reason not to start
            log.exception("%s is put aside", self._path)
            self._path.replace(self._path.with_suffix(".corrupt"))
            self._db = self._open()
        self._count = int(self._db.execute("select count(*) from lines").fetchone()[0])
        self._sent = 0
        self._full = False

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = normal")
        db.execute(
            "create table if not exists lines (number integer primary key autoincrement, important integer not null,"
            " payload text not null)"
        )
        return db

    def put(self, entry: dict[str, Any]) -> None:
        """Queue a line. On a full disk it is left out, and the agent's own log says so once."""
        important = entry["level"] in {"WARNING", "ERROR"}
        payload = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            try:
                if self._count >= WAITING_LINES:
                    self._make_room()
                self._db.execute("insert into lines (important, payload) values (?, ?)", (important, payload))
            except sqlite3.Error:
                if not self._full:
                    log.exception("log lines cannot be kept")
                self._full = True
                return
            self._count += 1
            self._full = False
        self._wake.set()

    def _make_room(self) -> None:
        # lines on their way may go too: they are known to the client that sends them
        gone = self._db.execute(
            "delete from lines where number in (select number from lines order by important, number limit ?)",
            (max(WAITING_LINES // 10, 1),),
        ).rowcount
        self._count -= gone

    def batch(self) -> Batch | None:
        """The next message; the same one until `sent` is called. None when nothing waits to be sent."""
        with self._lock:
            rows = self._db.execute(
                "select number, payload from lines where number > ? order by number limit ?", (self._sent, BATCH_LINES)
            ).fetchall()
        taken: list[tuple[int, str]] = []
        size = 0
        for number, payload in rows:
            size += len(payload.encode()) + 1
            if taken and size > BATCH_BYTES:
                break
            taken.append((number, payload))
        if not taken:
            return None
        return Batch(taken[0][0], taken[-1][0], f"[{','.join(payload for _, payload in taken)}]")

    def sent(self, batch: Batch) -> None:
        """It is on its way: not given out again by this process."""
        self._sent = max(self._sent, batch.last)

    def confirmed(self, batch: Batch) -> None:
        """The broker has it."""
        with self._lock, _told():
            range_ = (batch.first, batch.last)
            self._count -= self._db.execute("delete from lines where number between ? and ?", range_).rowcount

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._db.close()


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A line that cannot be taken away is sent once more after a restart, which the server knows by its number."""
    try:
        yield
    except sqlite3.Error:
        log.exception("sent log lines could not be removed")
