"""systemd's notification socket."""

from __future__ import annotations

import contextlib
import os
import socket


def notify(message: str) -> None:
    """READY=1, WATCHDOG=1, STOPPING=1; nothing where systemd does not listen."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.sendto(message.encode(), address)


def watchdog_s() -> float | None:
    """How often systemd wants to hear from us, at most; None: not at all."""
    given = os.environ.get("WATCHDOG_USEC", "")
    return int(given) / 1_000_000 if given.isdigit() and int(given) > 0 else None
