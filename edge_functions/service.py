"""The shape of the small background services: run a round, wait for a wake-up or a tick, for ever."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from edge_functions.database import Database
from edge_functions.errors import DatabaseAwayError

log = structlog.get_logger(__name__)

RETRY_S = 1.0


class Service(ABC):
    """A round at least every ``period_s``, and at once when woken. A failing round is logged and tried again."""

    name: str
    period_s: float

    def __init__(self, database: Database) -> None:
        self.database = database
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There is something to do."""
        self._woken.set()

    @abstractmethod
    async def round(self) -> bool:
        """Do what there is to do; True: there may be more, come back at once."""

    async def run(self) -> None:
        """For ever."""
        away = False
        while True:
            self._woken.clear()
            pause = self.period_s
            try:
                if await self.round():
                    pause = 0
                away = False
            except DatabaseAwayError as error:
                if not away:
                    log.warning("the database is away", service=self.name, error=str(error))
                away, pause = True, RETRY_S
            except Exception:
                log.exception("a round failed", service=self.name)
                pause = RETRY_S
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue
