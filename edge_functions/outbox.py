"""Publishes what SQL decided to say to devices: at least once, in the order of decision."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import orjson

from edge_functions import metrics
from edge_functions.database import Database
from edge_functions.mqtt import Broker
from edge_functions.service import Service

LIMIT = 500
LEASE = timedelta(seconds=15)
WITHIN_S = 10.0
"""Shorter than the lease: a row is never published by two rounds at a time."""
REMEMBERED = 20_000
"""Messages of which this process knows that the broker has them, although the database may have forgotten it."""


class Outbox(Service):
    """claim_outbox → publish at QoS 1 → mark_published once the broker has acknowledged."""

    name = "outbox"
    period_s = 0.2

    def __init__(self, database: Database, broker: Broker) -> None:
        super().__init__(database)
        self._broker = broker
        self._taken: dict[int, None] = {}

    async def round(self) -> bool:
        """One claim. Nothing is claimed without a broker: an attempt would be used up."""
        if not self._broker.available.is_set():
            return False
        async with self.database.transaction() as connection:
            cursor = await connection.execute(
                "select outbox_id, topic, payload from private.claim_outbox(%s, %s)", (LIMIT, LEASE), prepare=True
            )
            rows: list[tuple[Any, ...]] = await cursor.fetchall()
        if not rows:
            return False
        rows.sort(key=lambda row: row[0])
        metrics.outbox_pending.set(len(rows))
        # Given again only because a crash of PostgreSQL lost the mark: a camera told twice takes two photographs.
        new = [row for row in rows if row[0] not in self._taken]
        published = await self._broker.publish([(row[1], orjson.dumps(row[2])) for row in new], WITHIN_S)
        self._remember(row[0] for row, ok in zip(new, published, strict=True) if ok)
        done = [row[0] for row in rows if row[0] in self._taken]
        if done:
            async with self.database.transaction() as connection:
                await connection.execute("select private.mark_published(%s::bigint[])", (done,), prepare=True)
        metrics.outbox_pending.set(0)
        metrics.outbox_published.inc(len(done))
        metrics.outbox_failed.inc(len(rows) - len(done))
        return len(rows) == LIMIT

    def _remember(self, outbox_ids: Iterable[int]) -> None:
        self._taken.update(dict.fromkeys(outbox_ids))
        for oldest in list(itertools.islice(self._taken, max(len(self._taken) - REMEMBERED, 0))):
            del self._taken[oldest]
