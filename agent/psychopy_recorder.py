"""Keeps account of PsychoPy's rows: what is new, what changed since it was sent, what is half filled at the end.

The task's thread only notes that there is a row (microseconds); a thread of its own reads the row a tenth of a second
later, when the time stamps of the next flip have landed in it, and writes it to the channel. The rows themselves stay
in PsychoPy's own list: when more wait than the bounded queue holds, they are read from there, so none is lost.
Runs in the experiment's interpreter: Python 3.10, standard library.
"""

from __future__ import annotations

import collections
import contextlib
import json
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agent.channel import Channel, plain
from agent.psychopy_rows import trial_of

SETTLE_S = 0.1
"""A row is read this long after its end: `timestampOnFlip` writes into it at the next flip."""
MOST_WAITING = 10_000
RECENT = 3
"""So many of the newest rows are looked at again when another one comes."""
JOIN_S = 5.0


@dataclass
class Book:
    """The rows of one ExperimentHandler (or of one loop without it)."""

    source: Any
    rows: list[Any]
    """The handler's own list: rows are appended, never removed."""
    sent: list[_Sent] = field(default_factory=list)


@dataclass
class _Sent:
    """A row that was sent: its fixed part, and what it looked like."""

    entry: int
    head: dict[str, Any]
    loops: tuple[str, ...]
    digest: int


class _Note(NamedTuple):
    book: Book
    row: int
    started: float | None
    ended: float
    loops: tuple[Any, ...]


class Recorder:
    """One for a process."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._notes: collections.deque[_Note] = collections.deque()
        self._again: collections.deque[tuple[Book, int]] = collections.deque()
        self._books: list[Book] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._off = False
        self._last_end = 0.0
        self._entries = self._trials = 0
        # one anchor: a clock that is set during the run cannot make trials run backwards
        self._anchor = time.time() - time.perf_counter()
        self.row_started: float | None = None
        """When the innermost loop handed out the present trial; seconds of `time.perf_counter`."""

    def book(self, source: Any, rows: list[Any]) -> Book:
        """Keep account of another list of rows."""
        made = Book(source, rows)
        self._books.append(made)
        if self._thread is None:
            self._last_end = time.perf_counter()
            self._thread = threading.Thread(target=self._run, name="lics-psychopy", daemon=True)
            self._thread.start()
        return made

    def note(self, book: Book, index: int, loops: tuple[Any, ...]) -> None:
        """From the task's thread: row `index` is there."""
        now = time.perf_counter()
        if len(self._notes) < MOST_WAITING:
            self._notes.append(_Note(book, index, self.row_started or self._last_end, now, loops))
        self.row_started = None
        self._last_end = now

    def look_again(self, book: Book, index: int) -> None:
        """From the task's thread: an earlier row was changed."""
        self._again.append((book, index))

    def disable(self) -> None:
        """Send nothing from now on."""
        self._off = True

    @property
    def entries(self) -> int | None:
        """Rows that were sent; None where the script publishes by itself."""
        return None if self._off else self._entries

    def finish(self, half: list[tuple[Book, dict[str, Any], tuple[Any, ...]]]) -> None:
        """Send whatever is missing, changed or half filled. The script has ended: nobody waits for a frame."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(JOIN_S)
        with self._lock:
            self._take(time.perf_counter() + SETTLE_S)
            for book in self._books:
                for index in range(len(book.sent), len(book.rows)):
                    self._send(_Note(book, index, None, self._last_end, ()))
                for index in range(len(book.sent)):
                    self._resend(book, index)
            for book, row, loops in half:
                self._send_row(_Note(book, -1, self.row_started, time.perf_counter(), loops), dict(row), partial=True)

    def _run(self) -> None:
        # looks by itself: to wake it would cost the task's thread more than the note
        while not self._ended.wait(SETTLE_S / 2):
            with self._lock, _printed():
                self._take(time.perf_counter())

    def _take(self, now: float) -> None:
        while self._notes and self._notes[0].ended <= now - SETTLE_S:
            note = self._notes.popleft()
            with _printed():
                book = note.book
                # those that found the queue full
                for index in range(len(book.sent), note.row):
                    self._send(_Note(book, index, None, note.ended, note.loops))
                if note.row == len(book.sent):
                    self._send(note)
                for index in range(max(0, note.row - RECENT), note.row):
                    self._resend(book, index)
        while self._again:
            book, index = self._again.popleft()
            if index < len(book.sent):
                self._resend(book, index)

    def _send(self, note: _Note) -> None:
        row = _copy(note.book.rows[note.row])
        note.book.sent.append(self._send_row(note, row, partial=False))

    def _send_row(self, note: _Note, row: dict[str, Any], *, partial: bool) -> _Sent:
        self._entries += 1
        is_trial = any(getattr(loop, "isTrials", True) for loop in note.loops)
        self._trials += is_trial
        started = note.ended if note.started is None else note.started
        head: dict[str, Any] = {
            "kind": "trial" if is_trial else "entry",
            "trial_number": self._trials,
            "started_at": self._anchor + started,
            "ended_at": self._anchor + note.ended,
        }
        if partial:
            head["partial"] = True
        sent = _Sent(self._entries, head, self._loop_names(note.book), _digest(row))
        self._write(sent, row)
        return sent

    def _resend(self, book: Book, index: int) -> None:
        sent = book.sent[index]
        row = _copy(book.rows[index])
        digest = _digest(row)
        if digest != sent.digest:
            sent.digest = digest
            self._write(sent, row)

    def _write(self, sent: _Sent, row: dict[str, Any]) -> None:
        if not self._off:
            self._channel.write({"type": "trial", "trial": sent.head | trial_of(row, sent.loops), "entry": sent.entry})

    @staticmethod
    def _loop_names(book: Book) -> tuple[str, ...]:
        loops = getattr(book.source, "loops", None)
        return tuple(str(getattr(loop, "name", "")) for loop in loops) if loops is not None else ()


def _copy(row: Any) -> dict[str, Any]:
    # one step of the interpreter for a dictionary: the task's thread cannot change it in between
    return dict(row)


def _digest(row: dict[str, Any]) -> int:
    return hash(json.dumps(plain(row)))


@contextlib.contextmanager
def _printed() -> Any:
    """A fault here is shown and never stops the experiment."""
    try:
        yield
    except Exception:
        traceback.print_exc()
