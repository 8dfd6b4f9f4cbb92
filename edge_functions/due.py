"""Each second, one handler of all lets SQL do what is due."""

from __future__ import annotations

from typing import Any

from edge_functions.database import Database
from edge_functions.service import Service

_LEADER_LOCK = 0x11C5_D0E
"""Session advisory lock: whoever holds it leads, until its session ends."""


class Due(Service):
    """run_due(now) by the leader; the others ask each second whether they lead."""

    name = "due"
    period_s = 1.0

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._led_by: object = None

    async def round(self) -> bool:
        """Take the lead where it is free, then tick."""
        async with self.database.transaction() as connection:
            if self._led_by is not connection:
                cursor = await connection.execute("select pg_try_advisory_lock(%s)", (_LEADER_LOCK,))
                row: Any = await cursor.fetchone()
                if not row[0]:
                    return False
                self._led_by = connection
            await connection.execute("select private.run_due()", prepare=True)
        return False
