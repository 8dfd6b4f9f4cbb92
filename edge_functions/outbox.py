"""Publishes what SQL decided to say to devices: at least once, in the order of decision."""

from __future__ import annotations

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


class Outbox(Service):
    """claim_outbox → publish at QoS 1 → mark_published once the broker has acknowledged."""

    name = "outbox"
    period_s = 0.2

    def __init__(self, database: Database, broker: Broker) -> None:
        super().__init__(database)
        self._broker = broker

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
        published = await self._broker.publish([(row[1], orjson.dumps(row[2])) for row in rows], WITHIN_S)
        done = [row[0] for row, ok in zip(rows, published, strict=True) if ok]
        if done:
            async with self.database.transaction() as connection:
                await connection.execute("select private.mark_published(%s::bigint[])", (done,), prepare=True)
        metrics.outbox_pending.set(0)
        metrics.outbox_published.inc(len(done))
        metrics.outbox_failed.inc(len(rows) - len(done))
        return len(rows) == LIMIT
