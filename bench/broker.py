"""A Mosquitto of the benchmark's own, so that every contender has the same broker.

The persistence settings are production's; there are no accounts.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bench.load import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator

CONFIG = """
listener {port} 127.0.0.1
allow_anonymous true
user root
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 10000
max_inflight_messages 2000
max_queued_messages 200000
"""


def free_port() -> int:
    """A TCP port nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def broker() -> Iterator[Broker]:
    """Start Mosquitto, wait until it accepts a connection, stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="lics-bench-") as folder:
        port = free_port()
        config = Path(folder) / "mosquitto.conf"
        config.write_text(CONFIG.format(port=port, folder=folder))
        process = subprocess.Popen(["/usr/sbin/mosquitto", "-c", str(config)], stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.05)
            yield Broker("127.0.0.1", port, "bench", "bench")
        finally:
            process.terminate()
            process.wait(timeout=10)
