"""Trials that the server has not confirmed: gone only when `data/ack` covers them, or into quarantine when refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agent.clock import now_text
from agent.store import Store

LARGEST_TRIAL = 60 * 1024
"""Bytes; the server takes 64 KiB a message."""
QUARANTINE_ROWS = 10_000


@dataclass(frozen=True)
class Waiting:
    """A trial to send; `payload` is its JSON text without the brackets of a batch."""

    trial_id: int
    deployment_id: str
    seq: int
    rev: int
    payload: str


@dataclass(frozen=True)
class Record:
    """What a script gave: a shaped trial and, where it may be corrected later, the script's own number of it."""

    trial: dict[str, Any]
    entry: int | None = None


class Spool:
    """Numbers, keeps and releases trials."""

    def __init__(self, store: Store, boot_id: str) -> None:
        self._store, self._boot_id = store, boot_id

    def add(
        self, deployment_id: str, records: Iterable[Record], offset: int, end_record: dict[str, Any] | None = None
    ) -> int:
        """Keep records, number them 1, 2, 3… and note how far the script's file has been read: one commit.

        A record with a known `entry` keeps its number and gets the next revision. Answers how many were kept.
        """
        kept = 0
        with self._store.transaction() as db:
            row = db.execute("select last_seq, entries from runs where deployment_id = ?", (deployment_id,)).fetchone()
            last_seq, entries = int(row[0]), int(row[1])
            for record in records:
                seq, rev = last_seq + 1, 1
                if record.entry is not None:
                    known = db.execute(
                        "select seq, rev from entries where deployment_id = ? and entry = ?",
                        (deployment_id, record.entry),
                    ).fetchone()
                    if known:
                        seq, rev = int(known[0]), int(known[1]) + 1
                    db.execute(
                        "insert or replace into entries values (?, ?, ?, ?)", (deployment_id, record.entry, seq, rev)
                    )
                if rev == 1:
                    last_seq, entries = seq, entries + 1
                trial = {
                    **record.trial, "deployment_id": deployment_id, "seq": seq, "rev": rev, "boot_id": self._boot_id
                }  # fmt: skip
                payload = json.dumps(trial, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
                if len(payload.encode()) > LARGEST_TRIAL:
                    _quarantine(db, deployment_id, (seq, rev), "too_large", payload)
                else:
                    db.execute(
                        "insert into trials (deployment_id, seq, rev, payload) values (?, ?, ?, ?)",
                        (deployment_id, seq, rev, payload),
                    )
                kept += 1
            db.execute(
                "update runs set last_seq = ?, entries = ?, read_offset = ?, end_record = coalesce(?, end_record)"
                " where deployment_id = ?",
                (last_seq, entries, offset, json.dumps(end_record) if end_record else None, deployment_id),
            )
        return kept

    def offset(self, deployment_id: str) -> int:
        """How far the script's file has been read, bytes."""
        return int(self._store.rows("select read_offset from runs where deployment_id = ?", deployment_id)[0][0])

    def last_seq(self, deployment_id: str) -> int:
        """The newest number given; 0 before the first."""
        return int(self._store.rows("select last_seq from runs where deployment_id = ?", deployment_id)[0][0])

    def oldest(self, limit: int) -> list[Waiting]:
        """The oldest unconfirmed trials; a revision waits until the one before it is confirmed."""
        query = """
            select trial_id, deployment_id, seq, rev, payload from trials as t
            where not exists (
                select 1 from trials as b where b.deployment_id = t.deployment_id and b.seq = t.seq and b.rev < t.rev
            )
            order by trial_id limit ?
        """
        return [Waiting(*row) for row in self._store.rows(query, limit)]

    def confirm(self, ack: dict[str, Any]) -> int:
        """Apply a `data/ack`; answers how many trials were refused by the server."""
        deployment = str(ack["deployment_id"])
        rejected = [(int(item["seq"]), str(item.get("reason", ""))) for item in ack.get("rejected") or []]
        ranges = [(1, int(ack.get("through_seq") or 0))]
        ranges += [(int(first), int(last)) for first, last in ack.get("have") or []]
        with self._store.transaction() as db:
            # First the refused: a number in conflict is also among those that the server has.
            refused = sum(_reject(db, deployment, seq, reason) for seq, reason in rejected)
            for first, last in ranges:
                db.execute(
                    "delete from trials where deployment_id = ? and rev = 1 and seq between ? and ?",
                    (deployment, first, last),
                )
            for seq, rev in ack.get("revs") or []:
                db.execute(
                    "delete from trials where deployment_id = ? and seq = ? and rev = ?",
                    (deployment, int(seq), int(rev)),
                )
        return refused

    def waiting_of(self, deployment_id: str) -> set[int]:
        """trial_ids of a run that are not confirmed."""
        query = "select trial_id from trials where deployment_id = ?"
        return {row[0] for row in self._store.rows(query, deployment_id)}

    def depth(self) -> int:
        """Trials that wait."""
        return int(self._store.rows("select count(*) from trials")[0][0])

    def quarantined(self) -> int:
        """Trials that the server refused and that are kept here."""
        return int(self._store.rows("select count(*) from quarantine")[0][0])

    def summary(self) -> list[dict[str, Any]]:
        """For each run with something to tell: how many wait, how many were refused."""
        query = """
            select deployment_id, sum(waits) as waiting, sum(1 - waits) as quarantined
            from (select deployment_id, 1 as waits from trials union all select deployment_id, 0 from quarantine)
            group by deployment_id order by deployment_id
        """
        return [dict(row) for row in self._store.rows(query)]

    def list_quarantine(self, limit: int = 1000) -> list[dict[str, Any]]:
        """Refused trials, oldest first."""
        return [dict(row) for row in self._store.rows("select * from quarantine order by quarantine_id limit ?", limit)]

    def retry_quarantine(self) -> int:
        """Send the refused trials again, when what refused them has been repaired."""
        with self._store.transaction() as db:
            found = db.execute(
                "insert or ignore into trials (deployment_id, seq, rev, payload)"
                " select deployment_id, seq, rev, payload from quarantine where reason <> 'too_large'"
                " order by quarantine_id"
            ).rowcount
            db.execute("delete from quarantine where reason <> 'too_large'")
        return found


def _reject(db: Any, deployment: str, seq: int, reason: str) -> int:
    row = db.execute(
        "select trial_id, rev, payload from trials where deployment_id = ? and seq = ? order by rev limit 1",
        (deployment, seq),
    ).fetchone()
    if row is None:
        return 0
    _quarantine(db, deployment, (seq, row[1]), reason, row[2])
    db.execute("delete from trials where trial_id = ?", (row[0],))
    return 1


def _quarantine(db: Any, deployment: str, key: tuple[int, int], reason: str, payload: str) -> None:
    db.execute(
        "insert into quarantine (deployment_id, seq, rev, reason, payload, at) values (?, ?, ?, ?, ?, ?)",
        (deployment, *key, reason, payload, now_text()),
    )
    db.execute(
        "delete from quarantine where quarantine_id <= (select max(quarantine_id) from quarantine) - ?",
        (QUARANTINE_ROWS,),
    )
