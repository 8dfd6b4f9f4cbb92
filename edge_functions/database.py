"""One connection to PostgreSQL for each service of the handler, opened again when it breaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import psycopg
from psycopg.types.json import set_json_loads

from edge_functions.errors import DatabaseAwayError

Connection = psycopg.AsyncConnection[tuple[object, ...]]

# Not the message's fault: connection, shutdown, resources, system, read-only standby.
_AWAY_CLASSES = ("08", "53", "58")
_AWAY = frozenset({"57P01", "57P02", "57P03", "57P04", "25006", "28000", "28P01", "3D000"})
_TRANSIENT = frozenset({"40001", "40P01", "55P03", "57014", "25P03"})
_NOT_READY = frozenset({"42883", "42501", "42P01", "3F000"})

set_json_loads(orjson.loads)


def is_away(error: psycopg.Error) -> bool:
    """Whether trying later, unchanged, is the answer."""
    state = error.sqlstate
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return state in _AWAY or state.startswith(_AWAY_CLASSES)


def is_transient(error: BaseException) -> bool:
    """A deadlock or a time-out: the same transaction may pass at once."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _TRANSIENT


def may_be_unbuilt(error: BaseException) -> bool:
    """A function or a right is missing: the database may be in the middle of an upgrade."""
    return isinstance(error, psycopg.Error) and error.sqlstate in _NOT_READY


class Database:
    """One session. Not to be used by two tasks at a time."""

    def __init__(self, url: str, name: str, *, durable: bool = True, by_key: bool = False) -> None:
        """``durable=False``: a commit may be lost in a crash of PostgreSQL, for work that is then simply done again.

        ``by_key``: everything is looked up by key. Plans of functions are kept as long as the session, also those made
        while a table was small, when reading all of it was cheapest: such sessions never read a whole table.
        """
        self._url = url
        self._name = name
        self._options = "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
        if not durable:
            self._options += " -c synchronous_commit=off"
        if by_key:
            self._options += " -c enable_seqscan=off"
        self._connection: Connection | None = None

    @property
    def reachable(self) -> bool:
        """What the last use showed."""
        return self._connection is not None and not self._connection.closed

    async def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._url, connect_timeout=5, application_name=self._name, prepare_threshold=0,
                keepalives_idle=10, keepalives_interval=5, keepalives_count=3, tcp_user_timeout=30_000,
                options=self._options,
            )  # fmt: skip
        return self._connection

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Commit at the end, roll back on an error; DatabaseAwayError when the database cannot be used now."""
        try:
            connection = await self._open()
            try:
                yield connection
                await connection.commit()
            except BaseException:
                await self._abandon(connection)
                raise
        except psycopg.Error as error:
            if is_away(error) or not self.reachable:
                await self.close()
                raise DatabaseAwayError(error.sqlstate or type(error).__name__) from error
            raise

    async def _abandon(self, connection: Connection) -> None:
        try:
            if not connection.closed:
                await connection.rollback()
        except psycopg.Error:
            await self.close()

    async def close(self) -> None:
        """Drop the session."""
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                await connection.close()
            except psycopg.Error:
                return
