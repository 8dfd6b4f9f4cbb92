"""Connections to PostgreSQL as the role `gateway`, and becoming the caller for one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from gateway.tokens import Caller

Row = dict[str, Any]
Conn = psycopg.AsyncConnection[Row]


def _pool(url: str, name: str, size: int, timeout_s: float) -> AsyncConnectionPool[Conn]:
    return AsyncConnectionPool(
        url,
        name=name,
        min_size=1,
        max_size=size,
        timeout=timeout_s,
        max_waiting=500,
        open=False,
        connection_class=psycopg.AsyncConnection[Row],
        kwargs={"autocommit": True, "row_factory": dict_row, "application_name": name},
    )


class Database:
    """Three pools: for requests; for bcrypt, which holds a backend for 100 ms; for the rights of live channels, so that
    a burst of uploads never costs a socket."""

    def __init__(self, url: str, size: int) -> None:
        self.url = url
        self.pool = _pool(url, "gateway", size, 3.0)
        self.slow = _pool(url, "gateway-bcrypt", 2, 8.0)
        self.rights = _pool(url, "gateway-rights", 3, 5.0)

    async def open(self) -> None:
        """Starts the pools; PostgreSQL need not be there yet."""
        for pool in (self.pool, self.slow, self.rights):
            await pool.open(wait=False)

    async def close(self) -> None:
        """Ends the pools."""
        for pool in (self.rights, self.slow, self.pool):
            await pool.close()

    async def refresh(self) -> None:
        """Replaces connections that are dead. Called when the pump's died: theirs did too, most likely."""
        for pool in (self.pool, self.slow, self.rights):
            await pool.check()

    async def reachable(self) -> bool:
        """Whether PostgreSQL answers within a second."""
        try:
            async with self.pool.connection(timeout=1.0) as conn:
                await conn.execute("select 1")
        except psycopg.Error:
            return False
        return True

    async def value(self, sql: LiteralString, params: tuple[object, ...] = (), *, slow: bool = False) -> Any:
        """The one value of the one row that a call of a `gateway.…` function answers."""
        async with (self.slow if slow else self.pool).connection() as conn:
            row = await (await conn.execute(sql, params)).fetchone()
        return None if row is None else next(iter(row.values()))

    @asynccontextmanager
    async def as_caller(self, caller: Caller) -> AsyncIterator[Conn]:
        """A transaction in which PostgreSQL sees the caller: role and claims, both gone with the transaction."""
        async with self.pool.connection() as conn, conn.transaction():
            await become(conn, caller)
            yield conn


async def become(conn: Conn, caller: Caller) -> None:
    """Takes the caller's role and claims until the end of the transaction. The role comes from tokens.ROLES only."""
    await conn.execute(
        "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true)",
        (caller.role, caller.claims_json),
    )
