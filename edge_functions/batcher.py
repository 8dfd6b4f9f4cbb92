"""From arrived messages to one transaction, and only then to PUBACK.

What is promised: a message is acknowledged after the commit that stored it (or its dead letter); each device's
messages are stored in their order; a message that no transaction can hold is quarantined and harms no neighbour; while
PostgreSQL is away everything waits unacknowledged.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg
import structlog

from edge_functions import calls, metrics, routes
from edge_functions.calls import Unit
from edge_functions.database import Database, is_transient, may_be_unbuilt
from edge_functions.errors import DatabaseAwayError, EdgeError
from edge_functions.models.items import Item, Kind, Refusal
from edge_functions.mqtt import Broker, Inbound
from edge_functions.settings import Settings

log = structlog.get_logger(__name__)

BACK_OFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
TRANSIENT_TRIES = 5
ENOUGH_COMPANY = 64
"""With so many waiting, lingering gains nothing."""


class _SupersededError(EdgeError):
    """The connection that brought these messages has ended: the broker delivers them again."""


@dataclass(slots=True)
class Entry:
    """A message and what it says."""

    inbound: Inbound
    route: str
    units: list[Unit]


class Batcher:
    """Collects, stores, acknowledges. One task; one transaction at a time."""

    def __init__(self, settings: Settings, database: Database, on_committed: Callable[[set[Kind]], None]) -> None:
        self._size = settings.edge_batch_size
        self._bytes = settings.edge_batch_bytes
        self._linger_s = settings.edge_linger_ms / 1000
        self._database = database
        self._on_committed = on_committed
        self._waiting: deque[Entry] = deque()
        self._in_hand: list[Entry] = []
        self._arrived = asyncio.Event()
        self._stopping = False
        self.broker: Broker | None = None

    def receive(self, inbound: Inbound) -> None:
        """Called by the broker for each message: parse now, while the database works on the batch before."""
        route, parts = routes.parse(inbound.topic, inbound.payload)
        self._waiting.append(Entry(inbound, route, [Unit(inbound.topic, part) for part in parts]))
        self._arrived.set()

    @property
    def oldest_unacked_s(self) -> float:
        """Age of the oldest message that is not acknowledged, seconds."""
        first = self._in_hand[0] if self._in_hand else self._waiting[0] if self._waiting else None
        return 0.0 if first is None else time.monotonic() - first.inbound.received_at

    @property
    def unacked(self) -> int:
        """Messages held."""
        return len(self._in_hand) + len(self._waiting)

    def stop(self) -> None:
        """Finish the batch in hand and return from run; the rest stays with the broker."""
        self._stopping = True
        self._arrived.set()

    async def run(self) -> None:
        """Until stopped."""
        while not self._stopping:
            await self._arrived.wait()
            if self._waiting:
                await self._linger()
                self._in_hand = self._take()
                try:
                    await self._store(self._in_hand)
                finally:
                    self._in_hand = []
            if not self._waiting and not self._stopping:
                self._arrived.clear()

    async def _linger(self) -> None:
        rest = self._waiting[0].inbound.received_at + self._linger_s - time.monotonic()
        if rest > 0 and len(self._waiting) < ENOUGH_COMPANY and not self._stopping:
            await asyncio.sleep(rest)

    def _take(self) -> list[Entry]:
        taken: list[Entry] = []
        size = 0
        while self._waiting and len(taken) < self._size and size < self._bytes:
            entry = self._waiting.popleft()
            size += len(entry.inbound.payload)
            taken.append(entry)
        return taken

    def _live(self, entries: Sequence[Entry]) -> list[Entry]:
        """Without what an ended connection brought and will be delivered again (QoS 0 never is)."""
        number = self.broker.connection_number if self.broker is not None else 0
        return [entry for entry in entries if entry.inbound.connection == number or not entry.inbound.mid]

    async def _store(self, entries: list[Entry]) -> None:
        while live := self._live(entries):
            try:
                await self._store_units([unit for entry in live for unit in entry.units], live)
            except _SupersededError:
                entries = live
                continue
            self._acknowledge(live)
            return

    def _acknowledge(self, entries: Sequence[Entry]) -> None:
        if self.broker is not None:
            self.broker.ack(entry.inbound for entry in entries)
        now = time.monotonic()
        metrics.ack_lag_seconds.observe(now - entries[0].inbound.received_at)
        for route, count in Counter(entry.route for entry in entries).items():
            metrics.messages.labels(route).inc(count)

    async def _store_units(self, units: list[Unit], entries: Sequence[Entry]) -> None:
        """All of it, in one transaction or, where one unit spoils it, in as many as it takes to find that unit."""
        try:
            await self._commit(units, entries)
        except (DatabaseAwayError, _SupersededError):
            raise
        except Exception as error:
            if len(units) > 1:
                half = len(units) // 2
                await self._store_units(units[:half], entries)
                await self._store_units(units[half:], entries)
                return
            await self._quarantine(units[0], error, entries)

    async def _quarantine(self, unit: Unit, error: Exception, entries: Sequence[Entry]) -> None:
        """The last retry of a unit that failed alone, then its dead letter."""
        if isinstance(unit.part, Item):
            try:
                await self._commit([unit], entries)
            except (DatabaseAwayError, _SupersededError):
                raise
            except Exception as again:
                error = again
            else:
                return
        state = error.sqlstate if isinstance(error, psycopg.Error) else None
        detail = state or type(error).__name__
        log.error("a message was quarantined", topic=unit.topic, error=detail)
        while True:
            try:
                await self._commit([Unit(unit.topic, Refusal("internal", detail, unit.part.raw))], entries)
            except (DatabaseAwayError, _SupersededError):
                raise
            except Exception:
                # The dead letters' table itself refuses: not this message's fault.
                log.exception("a dead letter could not be stored")
                await asyncio.sleep(BACK_OFF_S[-1])
                self._require_live(entries)
            else:
                return

    def _require_live(self, entries: Sequence[Entry]) -> None:
        if len(self._live(entries)) < len(entries):
            raise _SupersededError

    async def _commit(self, units: Sequence[Unit], entries: Sequence[Entry]) -> None:
        """One transaction, tried until the database is there; raises only what the units themselves cause."""
        made = calls.plan(units)
        away = transient = 0
        while True:
            started = time.perf_counter()
            try:
                async with self._database.transaction() as connection:
                    letters = await calls.execute(connection, made)
                    # Ended meanwhile: the broker delivers all of it again, so nothing of it is committed now.
                    self._require_live(entries)
            except _SupersededError:
                raise
            except DatabaseAwayError as error:
                if away == 0:
                    log.warning("the database is away", error=str(error), unacked=self.unacked)
                away += 1
            except Exception as error:
                if is_transient(error) and transient < TRANSIENT_TRIES:
                    transient += 1
                elif may_be_unbuilt(error) and await self._unbuilt([kind for kind, _ in made.calls]):
                    log.warning("the database lacks a function or a right of the edge", error=type(error).__name__)
                    away += 1
                else:
                    raise
            else:
                self._count(made, letters, time.perf_counter() - started)
                return
            await asyncio.sleep(BACK_OFF_S[min(away + transient, len(BACK_OFF_S)) - 1])
            self._require_live(entries)
            if self._stopping and away:
                raise _SupersededError

    async def _unbuilt(self, kinds: Sequence[Kind]) -> bool:
        try:
            async with self._database.transaction() as connection:
                await calls.probe(connection, kinds)
        except DatabaseAwayError:
            return True
        except psycopg.Error as error:
            return may_be_unbuilt(error)
        return False

    def _count(self, made: calls.Plan, letters: Sequence[calls.DeadLetter], seconds: float) -> None:
        metrics.batch_seconds.observe(seconds)
        metrics.batch_size.observe(sum(len(units) for _, units in made.calls) + len(made.letters))
        for kind, units in made.calls:
            metrics.items.labels(kind.name.lower()).inc(len(units))
        for letter in letters:
            metrics.dead_letters.labels(letter.reason).inc()
        self._on_committed({kind for kind, _ in made.calls})
