"""Parts of the running stack that a test kills without warning; the stack starts them again."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from flows.lab import Stack

from lics.stack import pids


def kill_process(name: str, home: Path) -> None:
    """kill -9 of a process of the Procfile; one that is just being started again is left to that."""
    for process in pids.alive(home / "run" / f"{name}.pid")[1:]:
        process.kill()


@contextlib.contextmanager
def process_away(name: str, home: Path) -> Iterator[None]:
    """kill -9 of a process, and its keeper is held so long, so that it does not come back."""
    keeper, *program = pids.alive(home / "run" / f"{name}.pid")
    keeper.suspend()
    try:
        for process in program:
            process.kill()
        yield
    finally:
        keeper.resume()


def kill_backend(stack: Stack) -> None:
    """kill -9 of the PostgreSQL backend that stores the messages: the server drops every session and recovers."""
    with contextlib.suppress(psycopg.OperationalError), psycopg.connect(stack.db_url) as db:
        of_edge = "select pid from pg_stat_activity where usename = 'edge_handler' order by backend_start"
        found = db.execute(of_edge).fetchone()
        if found is not None:
            os.kill(found[0], signal.SIGKILL)


VICTIMS: dict[str, Callable[[Stack], None]] = {
    "edge": lambda stack: kill_process("edge", stack.home),
    "postgres": kill_backend,
    "broker": lambda stack: kill_process("mosquitto", stack.home),
    "gateway": lambda stack: kill_process("gateway", stack.home),
}
