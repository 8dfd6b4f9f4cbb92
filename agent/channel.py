"""How trials leave the script's process: lines appended to a file, and a pipe that says there are new ones.

The file is what counts: it survives a script that is killed, and an agent that is killed; the agent reads on from where
it was. The pipe carries no data. Python 3.10, standard library.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

FULL_DISK_S, FULL_DISK_AGAIN_S = 3600.0, 0.5
FILE_VARIABLE, BELL_VARIABLE = "LICS_TRIAL_FILE", "LICS_BELL_FD"


class Channel:
    """One for a script's process. Thread-safe."""

    def __init__(self, path: str, bell: int | None = None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._bell = bell
        if bell is not None:
            os.set_blocking(bell, False)
            os.set_inheritable(bell, False)
        self._lock = threading.Lock()
        self._kept: list[bytes] = []
        self._posted: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._poster: threading.Thread | None = None
        self.records = 0
        """Records written or posted."""
        self._entries: set[int] = set()
        self.trials = 0
        """Trials among them; a corrected one counts once."""

    def write(self, record: dict[str, Any]) -> None:
        """Append now: when this returns, the operating system has it. A full disk loses nothing: it is tried again
        with the next record and at the end."""
        record.setdefault("at", time.time())
        line = json.dumps(plain(record)).encode() + b"\n"
        with _undisturbed(), self._lock:
            self._kept.append(line)
            self.records += 1
            self._count(record)
            self._flush()
        self._ring()

    def post(self, record: dict[str, Any]) -> None:
        """Append soon, by a thread: for code that must not miss a frame."""
        record.setdefault("at", time.time())
        if self._poster is None:
            self._poster = threading.Thread(target=self._post_all, name="lics-trials", daemon=True)
            self._poster.start()
        self._posted.put(record)

    def close(self, seconds: float = 5.0) -> None:
        """Write what was posted. What a full disk does not take lives in this process alone: the script's end waits
        for room, until the run is stopped or its time is over."""
        poster, self._poster = self._poster, None
        if poster is not None:
            self._posted.put(None)
            poster.join(seconds)
        deadline = time.monotonic() + FULL_DISK_S
        told = False
        while True:
            with _undisturbed(), self._lock:
                self._flush()
                left = len(self._kept)
            if not left or time.monotonic() > deadline:
                break
            if not told:
                print(f"the disk is full: {left} records wait for room", file=sys.stderr, flush=True)
                told = True
            time.sleep(FULL_DISK_AGAIN_S)
        self._ring()

    def _post_all(self) -> None:
        while (record := self._posted.get()) is not None:
            self.write(record)

    def _count(self, record: dict[str, Any]) -> None:
        entry = record.get("entry")
        if record.get("type") == "trial" and (entry is None or entry not in self._entries):
            self.trials += 1
            if entry is not None:
                self._entries.add(entry)

    def _flush(self) -> None:
        while self._kept:
            line = self._kept[0]
            try:
                written = os.write(self._file, line)
            except OSError:
                return
            if written < len(line):
                # the rest of a line that the disk took in part
                self._kept[0] = line[written:]
                continue
            self._kept.pop(0)

    def _ring(self) -> None:
        if self._bell is not None:
            # full: the agent is awake anyway; broken: it is gone and will read the file when it is back
            with contextlib.suppress(OSError):
                os.write(self._bell, b".")


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """No signal between a line's write and the note that it is written: its handler raises, and the line would go out
    twice. They wait; only the main thread runs handlers."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def plain(value: Any) -> Any:
    """JSON's kinds alone: numpy's become Python's, times RFC 3339, keys text, all else its own description."""
    if value is None or isinstance(value, (str, bool, int, float)):
        # a subclass (numpy's float64 is one) would keep its own way of writing itself
        return value if type(value) in _PLAIN else _PLAIN_OF[_kind(value)](value)
    if isinstance(value, dict):
        return {key if isinstance(key, str) else str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    for name in ("tolist", "isoformat"):
        method = getattr(value, name, None)
        if callable(method):
            with contextlib.suppress(Exception):
                return plain(method()) if name == "tolist" else str(method())
    return str(value)


_PLAIN = (str, bool, int, float, type(None))
_PLAIN_OF = {"str": str, "int": int, "float": float}


def _kind(value: Any) -> str:
    return "str" if isinstance(value, str) else "int" if isinstance(value, int) else "float"


_current: Channel | None = None


def current() -> Channel:
    """The channel of this process; outside a run, a file in the working directory."""
    global _current  # noqa: PLW0603 - one a process is the point
    if _current is None:
        path = os.environ.get(FILE_VARIABLE)
        bell = os.environ.get(BELL_VARIABLE)
        _current = Channel(path or "lics_trials.jsonl", int(bell) if path and bell else None)
    return _current


def is_run() -> bool:
    """Whether an agent runs this process."""
    return FILE_VARIABLE in os.environ
