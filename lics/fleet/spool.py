"""What a rig has measured and the server has not confirmed: SQLite, a trial is gone only when `data/ack` covers it."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class Spool:
    """Trials by (deployment, seq). `path` None: kept in memory."""

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)
        self._db.executescript(
            """
            pragma journal_mode = wal;
            create table if not exists trials (
                deployment text, seq integer, payload text not null, primary key (deployment, seq)
            );
            create table if not exists last_seq (deployment text primary key, seq integer not null);
            """
        )

    def add(self, deployment: str, trial: dict[str, Any]) -> dict[str, Any]:
        """Keep a trial, with the next number of its deployment. Returns it as it is to be sent."""
        # another process may have this file open too
        self._db.execute("begin immediate")
        seq = self.last_seq(deployment) + 1
        numbered = {**trial, "deployment_id": deployment, "seq": seq, "rev": 1}
        self._db.execute("insert into trials values (?, ?, ?)", [deployment, seq, json.dumps(numbered)])
        self._db.execute("insert or replace into last_seq values (?, ?)", [deployment, seq])
        self._db.execute("commit")
        return numbered

    def last_seq(self, deployment: str) -> int:
        """The newest number given; 0 before the first."""
        row = self._db.execute("select seq from last_seq where deployment = ?", [deployment]).fetchone()
        return int(row[0]) if row else 0

    def skip_to(self, deployment: str, seq: int) -> None:
        """Never give a number up to `seq` again: the server knows them from a spool that was lost."""
        if seq > self.last_seq(deployment):
            self._db.execute("insert or replace into last_seq values (?, ?)", [deployment, seq])

    def waiting(self, deployment: str | None = None) -> list[dict[str, Any]]:
        """What is not confirmed, in order."""
        where, values = ("where deployment = ?", [deployment]) if deployment else ("", [])
        rows = self._db.execute(f"select payload from trials {where} order by deployment, seq", values)  # noqa: S608
        return [json.loads(row[0]) for row in rows]

    def cover(self, deployment: str, through_seq: int, have: Iterable[tuple[int, int]]) -> None:
        """The server has stored these: all up to `through_seq`, and the closed ranges of `have`."""
        for first, last in [(1, through_seq), *have]:
            self._db.execute(
                "delete from trials where deployment = ? and seq between ? and ?", [deployment, first, last]
            )

    def take(self, deployment: str, seq: int) -> dict[str, Any] | None:
        """Remove one trial that the server will never store under its number, and return it."""
        row = self._db.execute(
            "delete from trials where deployment = ? and seq = ? returning payload", [deployment, seq]
        ).fetchone()
        return json.loads(row[0]) if row else None

    def close(self) -> None:
        """Let the file go."""
        self._db.close()
