"""One snapshot of the database, seen as the caller, for as long as an export takes.

A connection of its own each: a download lasts as long as the client takes to read it, and must not cost the pool of
the short requests. Blocking calls run in a thread, so that the event loop stays free while 256 KiB are fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import Any, LiteralString, ParamSpec, TypeVar

import anyio
import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from gateway.tokens import Caller

Given = ParamSpec("Given")
Answer = TypeVar("Answer")
CHUNK = 262_144
AT_ONCE = 4
WAIT_S = 10.0
"""How many exports run at a time, and how long a further one waits before it is told to come back (503)."""

BEGIN: LiteralString = (
    "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),"
    " set_config('request.method', 'GET', true), set_config('statement_timeout', '0', true),"
    " set_config('timezone', 'UTC', true), set_config('extra_float_digits', '1', true), set_config('jit', 'off', true)"
)

_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")
_places = asyncio.Semaphore(AT_ONCE)


class Snapshot:
    """A read-only transaction, REPEATABLE READ, with the caller's role and claims."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self._conn = conn

    async def run(self, call: Callable[Given, Answer], *args: Given.args, **kwargs: Given.kwargs) -> Answer:
        """A blocking call in a thread. Cancelled, it stops the query and waits for the thread's end, however often it
        is cancelled meanwhile: the connection must not be closed under a thread that reads from it."""
        work = asyncio.get_running_loop().run_in_executor(_threads, lambda: call(*args, **kwargs))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                while not work.done():
                    # again and again: the thread may not have sent its query yet
                    with suppress(psycopg.Error):
                        await asyncio.to_thread(self._conn.cancel_safe, timeout=5.0)
                    await asyncio.wait([work], timeout=0.2)
            work.exception()  # has been asked for: nobody else will
            raise

    async def value(self, sql: LiteralString, *params: object) -> Any:
        """The one value of the one row that a function answers."""

        def ask() -> Any:
            row = self._conn.execute(sql, params).fetchone()
            return None if row is None else row[0]

        return await self.run(ask)

    async def copy(self, statement: str, options: str, end: bytes) -> AsyncIterator[bytes]:
        """What COPY (statement) TO STDOUT sends, in pieces of about CHUNK bytes, each row's LF replaced by `end`.

        PostgreSQL sends a row a message, so a line break inside a field is never mistaken for the row's end.
        """
        pgconn = self._conn.pgconn
        command = f"copy ({statement}) to stdout ({options})".encode()

        def start() -> None:
            result = pgconn.exec_(command)
            if result.status != pq.ExecStatus.COPY_OUT:
                raise psycopg.errors.error_from_result(result)

        def fetch() -> tuple[bytes, bool]:
            rows: list[bytes] = []
            size = 0
            while size < CHUNK:
                length, row = pgconn.get_copy_data(0)
                if length < 0:
                    while result := pgconn.get_result():
                        if result.status != pq.ExecStatus.COMMAND_OK:
                            raise psycopg.errors.error_from_result(result)
                    return end.join([*rows, b""]), True
                size += length
                rows.append(bytes(row[: length - 1]))
            return end.join([*rows, b""]), False

        await self.run(start)
        done = False
        while not done:
            piece, done = await self.run(fetch)
            yield piece


def _connect(url: str) -> psycopg.Connection[Any]:
    return psycopg.connect(make_conninfo(url, application_name="gateway-export", connect_timeout=5))


@asynccontextmanager
async def snapshot(url: str, caller: Caller) -> AsyncIterator[Snapshot]:
    """Opens it as the caller. Raises OperationalError when the database is away or too many exports run."""
    try:
        async with asyncio.timeout(WAIT_S):
            await _places.acquire()
    except TimeoutError as error:
        raise psycopg.OperationalError("too many exports at once") from error
    try:
        conn = await asyncio.to_thread(_connect, url)
        try:
            conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            conn.read_only = True
            opened = Snapshot(conn)
            await opened.value(BEGIN, caller.role, caller.claims_json)
            yield opened
        finally:
            conn.close()
    finally:
        _places.release()
