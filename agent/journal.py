"""What this rig was told to run and what it said about it: the memory that makes a second start impossible."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.store import Store

OPEN_STATES = ("accepted", "starting", "running")


@dataclass(frozen=True)
class Run:
    """A row of the journal."""

    deployment_id: str
    state: str
    command: dict[str, Any]
    boot_id: str
    pid: int | None
    pid_started: int | None
    folder: Path | None
    last_seq: int
    entries: int
    end_record: dict[str, Any] | None
    last_report: dict[str, Any] | None

    @property
    def is_open(self) -> bool:
        """Whether it was accepted and has not ended."""
        return self.state in OPEN_STATES


class Journal:
    """Commands, states and the reports that are still to be sent."""

    def __init__(self, store: Store, boot_id: str) -> None:
        self._store, self._boot_id = store, boot_id

    def get(self, deployment_id: str) -> Run | None:
        """A run that this rig has heard of."""
        found = self._store.rows("select * from runs where deployment_id = ?", deployment_id)
        return _run(found[0]) if found else None

    def open_runs(self) -> list[Run]:
        """Accepted and not ended, oldest first."""
        query = "select * from runs where state in ('accepted', 'starting', 'running') order by accepted_at"
        return [_run(row) for row in self._store.rows(query)]

    def accept(self, deployment_id: str, command: dict[str, Any], state: str = "accepted") -> None:
        """Remember a command for ever, before anything follows from it."""
        with self._store.transaction() as db:
            db.execute(
                "insert into runs (deployment_id, state, command, boot_id, accepted_at) values (?, ?, ?, ?, ?)",
                (deployment_id, state, json.dumps(command), self._boot_id, time.time()),
            )

    def starting(self, deployment_id: str, folder: Path) -> None:
        """About to start a process; from here on it is never started again."""
        with self._store.transaction() as db:
            db.execute(
                "update runs set state = 'starting', folder = ? where deployment_id = ?", (str(folder), deployment_id)
            )

    def running(self, deployment_id: str, pid: int, pid_started: int, report: dict[str, Any]) -> None:
        """The process is there."""
        with self._store.transaction() as db:
            db.execute(
                "update runs set state = 'running', pid = ?, pid_started = ?, last_report = ? where deployment_id = ?",
                (pid, pid_started, json.dumps(report), deployment_id),
            )
            _queue(db, deployment_id, report, final=False)

    def end(self, deployment_id: str, report: dict[str, Any]) -> None:
        """The end of a run, and its report, together."""
        with self._store.transaction() as db:
            db.execute(
                "update runs set state = case when state = 'refused' then state else 'ended' end, last_report = ?"
                " where deployment_id = ?",
                (json.dumps(report), deployment_id),
            )
            _queue(db, deployment_id, report, final=True)

    def repeat_report(self, deployment_id: str) -> None:
        """Send the last word about a run again, once, however often it is asked for."""
        with self._store.transaction() as db:
            db.execute(
                "insert into reports (deployment_id, final, payload)"
                " select deployment_id, state = 'ended', last_report from runs as r"
                " where deployment_id = ? and last_report is not null"
                " and not exists (select 1 from reports as p where p.deployment_id = r.deployment_id)",
                (deployment_id,),
            )

    def unsent_reports(self) -> list[tuple[int, str, bool, str]]:
        """(report_id, deployment_id, final, payload), in the order they were made."""
        query = "select report_id, deployment_id, final, payload from reports order by report_id limit 100"
        return [(row[0], row[1], bool(row[2]), row[3]) for row in self._store.rows(query)]

    def report_sent(self, report_id: int) -> None:
        """The broker has it; should it lose it, the next pull shows that, and it is repeated."""
        with self._store.transaction() as db:
            db.execute("delete from reports where report_id = ?", (report_id,))

    def believed_running(self) -> list[str]:
        """Runs to name in heartbeats: open, or ended without the server knowing yet."""
        query = """
            select deployment_id from runs where state in ('accepted', 'starting', 'running')
            union select deployment_id from reports where final
        """
        return [row[0] for row in self._store.rows(query)]


def _queue(db: Any, deployment_id: str, report: dict[str, Any], *, final: bool) -> None:
    db.execute(
        "insert into reports (deployment_id, final, payload) values (?, ?, ?)",
        (deployment_id, final, json.dumps(report, ensure_ascii=False)),
    )


def _run(row: Any) -> Run:
    return Run(
        deployment_id=row["deployment_id"],
        state=row["state"],
        command=json.loads(row["command"]),
        boot_id=row["boot_id"],
        pid=row["pid"],
        pid_started=row["pid_started"],
        folder=Path(row["folder"]) if row["folder"] else None,
        last_seq=row["last_seq"],
        entries=row["entries"],
        end_record=json.loads(row["end_record"]) if row["end_record"] else None,
        last_report=json.loads(row["last_report"]) if row["last_report"] else None,
    )
