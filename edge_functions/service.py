"""The shape of the small background services: run a round, wait for a wake-up or a tick, for ever."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod

import structlog

from edge_functions import metrics
from edge_functions.database import Database

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

    def _report(self, before: str, error: Exception) -> str:
        """Each trouble is said once, not at every round."""
        now = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
        metrics.rounds_failed.labels(self.name).inc()
        if now != before:
            log.warning("a round failed", service=self.name, error=now)
        return now

    async def run(self) -> None:
        """For ever."""
        trouble = ""
        while True:
            self._woken.clear()
            pause = self.period_s
            try:
                if await self.round():
                    pause = 0
                trouble = ""
            except Exception as error:  # whatever it is, the other services go on
                trouble, pause = self._report(trouble, error), RETRY_S
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                continue
