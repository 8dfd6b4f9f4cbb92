"""Keeps Mosquitto's accounts equal to the database's: polls a generation, writes two files, sends SIGHUP."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import structlog

from edge_functions.database import Database
from edge_functions.errors import EdgeError
from edge_functions.service import Service

log = structlog.get_logger(__name__)


class BrokerAccounts(Service):
    """broker_generation → broker_files → passwd, acl → SIGHUP to the pid in mosquitto.pid."""

    name = "broker_accounts"
    period_s = 0.5

    def __init__(self, database: Database, directory: Path, edge_user: str, enrol_user: str) -> None:
        super().__init__(database)
        self._directory = directory
        self._users = (edge_user, enrol_user)
        self._generation: int | None = None

    async def round(self) -> bool:
        """Write only what changed; a round without change is one cheap query."""
        async with self.database.transaction() as connection:
            cursor = await connection.execute("select private.broker_generation()", prepare=True)
            found: Any = await cursor.fetchone()
            if found is not None and found[0] == self._generation:
                return False
            cursor = await connection.execute(
                "select generation, passwd, acl from private.broker_files(%s, %s)", self._users
            )
            row: Any = await cursor.fetchone()
        if row is None:
            return False
        generation, passwd, acl = row
        if not any(line.startswith(f"{self._users[0]}:") for line in passwd.splitlines()):
            # Written, these files would lock us out for good.
            raise EdgeError("the database knows no broker account of the edge")
        changed = [replace(self._directory / name, text) for name, text in (("passwd", passwd), ("acl", acl))]
        if any(changed):
            signalled = hang_up(self._directory / "mosquitto.pid")
            log.info("the broker's accounts changed", generation=generation, signalled=signalled)
        self._generation = generation
        return False


def replace(path: Path, text: str) -> bool:
    """Write the whole file at once, readable by its owner only; the owner stays, so that Mosquitto can read it."""
    content = text.encode()
    owner = path.parent.stat()
    try:
        if path.read_bytes() == content:
            return False
        owner = path.stat()
    except FileNotFoundError:
        pass
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def hang_up(pid_file: Path) -> bool:
    """Tell a running Mosquitto to read its files again; one that is not running reads them when it starts."""
    try:
        os.kill(int(pid_file.read_text()), signal.SIGHUP)
    except (FileNotFoundError, ValueError, ProcessLookupError):
        return False
    return True
