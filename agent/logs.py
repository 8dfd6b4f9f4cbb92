"""The output of a script as log lines: levels, limits, and what was left out."""

from __future__ import annotations

import collections
import contextlib
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent.clock import now_text
from agent.shape import text

LINES_A_SECOND, BURST = 100, 500
LINES_A_RUN, BYTES_A_RUN = 50_000, 20 * 1024 * 1024
LAST_LINES = 200
LONGEST_LINE = 8000
"""Bytes; the server cuts at 8 KiB."""
ERROR_LOG = 16 * 1024

_PSYCHOPY = re.compile(r"\s*\d+\.\d+\s+(DEBUG|INFO|EXP|DATA|WARNING|ERROR|CRITICAL|FATAL)\b")
_LEVEL = {"EXP": "INFO", "DATA": "INFO", "CRITICAL": "ERROR", "FATAL": "ERROR"}
_CONTROL = dict.fromkeys([*range(9), *range(11, 32), 127], "\ufffd")


def readable(raw: bytes | str) -> str:
    """UTF-8 without control characters: as JSON each would take six bytes, and a message could become too large."""
    found = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return text(found).translate(_CONTROL)


class Leveller:
    """The level of each line of one stream: PsychoPy's own prefix, a traceback, else what the stream means."""

    def __init__(self, stream: str) -> None:
        self._default = "INFO" if stream == "stdout" else "WARNING"
        self._traceback = False

    def level(self, line: str) -> str:
        """Of the next line."""
        if line.startswith("Traceback (most recent call last)"):
            self._traceback = True
            return "ERROR"
        if self._traceback:
            # the exception's own line is the first that is not indented
            self._traceback = line.startswith((" ", "\t")) or not line
            return "ERROR"
        found = _PSYCHOPY.match(line)
        return _LEVEL.get(found[1], found[1]) if found else self._default


class Bucket:
    """At most so many a second, and a burst."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._tokens, self._at = clock, float(BURST), clock()

    def take(self) -> bool:
        """Whether one more may pass."""
        now = self._clock()
        self._tokens = min(float(BURST), self._tokens + (now - self._at) * LINES_A_SECOND)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass
class _Share:
    """What one run may still say at one importance."""

    bucket: Bucket
    lines: int = LINES_A_RUN
    bytes: int = BYTES_A_RUN

    def take(self, size: int) -> bool:
        if self.lines <= 0 or self.bytes < size or not self.bucket.take():
            return False
        self.lines -= 1
        self.bytes -= size
        return True


class RunLog:
    """All lines of one run, of both streams. INFO above the limits is dropped; warnings and errors have a share of the
    same size for themselves; the last 200 lines come in any case, and one line says how many went."""

    def __init__(
        self, deployment_id: str, send: Callable[[dict[str, Any]], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._deployment, self._send = deployment_id, send
        self._lock = threading.Lock()
        self._shares = {True: _Share(Bucket(clock)), False: _Share(Bucket(clock))}
        self._dropped: collections.deque[dict[str, Any]] = collections.deque(maxlen=LAST_LINES)
        self._number = self._gone = 0

    def line(self, stream: str, level: str, raw: bytes | str) -> None:
        """One more line."""
        message = readable(raw)
        with self._lock:
            self._number += 1
            entry: dict[str, Any] = {
                "deployment_id": self._deployment, "level": level, "message": message, "line_no": self._number,
                "at": now_text(), "stream": stream,
            }  # fmt: skip
            if self._shares[level in {"WARNING", "ERROR"}].take(len(message)):
                self._send(entry)
            else:
                self._gone += 1
                self._dropped.append(entry)

    def close(self) -> None:
        """The run has ended: its last lines, and how many are missing."""
        with self._lock:
            last = [entry for entry in self._dropped if entry["line_no"] > self._number - LAST_LINES]
            missing = self._gone - len(last)
            for entry in last:
                self._send(entry)
            if missing:
                self._number += 1
                self._send({
                    "deployment_id": self._deployment, "level": "WARNING", "line_no": self._number, "at": now_text(),
                    "stream": "agent", "message": f"{missing} log lines were above the limit and are not kept",
                    "context": {"dropped": missing},
                })  # fmt: skip
            self._dropped.clear()
            self._gone = 0


class Drain(threading.Thread):
    """Reads one pipe to its end, so that the script never waits for a reader."""

    def __init__(self, stream: str, pipe: int, run_log: RunLog) -> None:
        super().__init__(name=f"drain-{stream}", daemon=True)
        self._stream, self._pipe, self._log = stream, pipe, run_log
        self._tail = bytearray()
        self._lock = threading.Lock()

    @property
    def tail(self) -> str:
        """The last 16 KiB."""
        with self._lock:
            found = bytes(self._tail[-ERROR_LOG:])
        return readable(found)

    def run(self) -> None:
        """Until every writer has closed the pipe."""
        leveller, rest, cutting = Leveller(self._stream), b"", False
        with contextlib.suppress(OSError):
            while chunk := os.read(self._pipe, 65536):
                with self._lock:
                    self._tail += chunk
                    del self._tail[:-ERROR_LOG]
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if not cutting:
                        self._say(leveller, line)
                    cutting = False
                if len(rest) > LONGEST_LINE:
                    if not cutting:
                        self._say(leveller, rest)
                    rest, cutting = b"", True
        if rest and not cutting:
            self._say(leveller, rest)
        os.close(self._pipe)

    def _say(self, leveller: Leveller, raw: bytes) -> None:
        line = raw.rstrip(b"\r")
        if len(line) > LONGEST_LINE:
            line = line[:LONGEST_LINE] + b" [cut]"
        shown = line.decode("utf-8", "replace")
        self._log.line(self._stream, leveller.level(shown), shown)
