"""Time, where the rig may have no clock that keeps running without power."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Another one after each start of the machine."""
    return _BOOT_ID.read_text(encoding="ascii").strip()


def now_text() -> str:
    """RFC 3339 in UTC, milliseconds."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse(text: object) -> float | None:
    """Seconds since 1970 of an RFC 3339 time; without a zone it is UTC; None: no time."""
    if not isinstance(text, str):
        return None
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)).timestamp()


class ServerClock:
    """The server's time, measured against the monotonic clock; the local clock until the server has told its own."""

    def __init__(self) -> None:
        self._offset: float | None = None

    @property
    def known(self) -> bool:
        """Whether the server has told its time."""
        return self._offset is not None

    def learn(self, server_time: object) -> None:
        """Take over what the server says; anything unreadable is ignored."""
        instant = parse(server_time)
        if instant is not None:
            self._offset = instant - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() if self._offset is None else time.monotonic() + self._offset

    @property
    def error_s(self) -> float | None:
        """How far the local clock is ahead of the server's, seconds."""
        return None if self._offset is None else time.time() - self.now()
