"""The agent's one SQLite file: what was commanded, what was measured, what has been refused.

Write-ahead log, synchronous FULL: a committed row survives a power cut. One connection and one process use it: two
connections that write and checkpoint at the same moment can corrupt a WAL database in the SQLite versions rigs have.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from agent.errors import AlreadyRunningError

log = logging.getLogger(__name__)

SCHEMA = """
create table if not exists runs (
    deployment_id text primary key,
    state text not null check (state in ('accepted', 'starting', 'running', 'ended', 'refused')),
    command text not null,
    boot_id text not null,
    accepted_at real not null,
    pid integer,
    pid_started integer,
    folder text,
    read_offset integer not null default 0,
    last_seq integer not null default 0,
    entries integer not null default 0,
    end_record text,
    last_report text
);
create table if not exists reports (
    report_id integer primary key autoincrement,
    deployment_id text not null,
    final integer not null,
    payload text not null
);
create table if not exists trials (
    trial_id integer primary key autoincrement,
    deployment_id text not null,
    seq integer not null,
    rev integer not null,
    payload text not null,
    unique (deployment_id, seq, rev)
);
create table if not exists entries (
    deployment_id text not null,
    entry integer not null,
    seq integer not null,
    rev integer not null,
    primary key (deployment_id, entry)
) without rowid;
create table if not exists quarantine (
    quarantine_id integer primary key autoincrement,
    deployment_id text not null,
    seq integer not null,
    rev integer not null,
    reason text not null,
    payload text not null,
    at text not null
);
"""


class Store:
    """One connection, one lock; every write in a transaction."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._guard = os.open(folder / "agent.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._guard)
            raise AlreadyRunningError(f"another agent uses {folder}") from None
        self.path = folder / "spool.db"
        self.corrupt: Path | None = None
        """Where a file that could not be read was put aside."""
        try:
            self._db = self._open()
        except sqlite3.DatabaseError:
            self.corrupt = folder / f"spool.corrupt-{int(time.time())}.db"
            log.exception("the spool cannot be read and is put aside as %s", self.corrupt.name)
            for suffix in ("", "-wal", "-shm"):
                old = self.path.with_name(self.path.name + suffix)
                if old.exists():
                    old.rename(self.corrupt.with_name(self.corrupt.name + suffix))
            self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            db.row_factory = sqlite3.Row
            db.execute("pragma journal_mode = wal")
            db.execute("pragma synchronous = full")
            db.execute("pragma journal_size_limit = 16777216")
            _require_whole(db)
            db.executescript(SCHEMA)
        except sqlite3.DatabaseError:
            db.close()
            raise
        return db

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it on the disk at the end, or nothing."""
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield self._db
                self._db.execute("commit")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("rollback")
                raise

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """What a query answers."""
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def close(self) -> None:
        """Let the file and the lock go."""
        with self._lock:
            self._db.close()
            os.close(self._guard)


def _require_whole(db: sqlite3.Connection) -> None:
    verdict = db.execute("pragma quick_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
