"""A socket by which `lics-agent status` and `lics-agent spool` ask the running agent: it alone opens the spool."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

Answer = Callable[[str], dict[str, Any]]
TIMEOUT_S = 5.0
NAME = "agent.sock"


class Control(threading.Thread):
    """One question a connection: a word and a newline; the answer is JSON."""

    def __init__(self, folder: Path, answer: Answer) -> None:
        super().__init__(name="control", daemon=True)
        self._answer, self._path = answer, folder / NAME
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._path.unlink(missing_ok=True)
        with _inside(folder):
            before = os.umask(0o177)
            try:
                self._socket.bind(NAME)
            finally:
                os.umask(before)
        self._socket.listen(4)

    def run(self) -> None:
        """Until closed."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(TIMEOUT_S)
                word = connection.recv(100).decode("ascii", "replace").strip()
                try:
                    answer = self._answer(word)
                except Exception:
                    log.exception("a question could not be answered")
                    answer = {"error": "internal"}
                connection.sendall(json.dumps(answer).encode())

    def close(self) -> None:
        """Stop listening."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)


def ask(folder: Path, word: str) -> dict[str, Any] | None:
    """The running agent's answer; None where none runs."""
    if not (folder / NAME).exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        try:
            with _inside(folder):
                connection.connect(NAME)
            connection.sendall(word.encode() + b"\n")
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        except OSError:
            return None
    found: dict[str, Any] = json.loads(b"".join(parts))
    return found


@contextlib.contextmanager
def _inside(folder: Path) -> Any:
    """Relative to the folder: a socket's address has 108 bytes, a path may have more. Only at start, in one thread."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
