"""The agent as a service: its threads, its presence, its end."""

from __future__ import annotations

import contextlib
import logging
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

from agent import __version__, clock, control
from agent.api import Api
from agent.commands import Commands
from agent.config import Config, Credentials
from agent.journal import Journal
from agent.link import Link
from agent.log_queue import LogQueue
from agent.notify import notify, watchdog_s
from agent.pump import Pump
from agent.run import Parts
from agent.spool import Spool
from agent.store import Store

log = logging.getLogger(__name__)

STUCK_S = 120.0
"""A thread that has not turned for so long is stuck; the watchdog is then left to bite."""
LAST_WORDS_S = 5.0
_TEMPERATURE = Path("/sys/class/thermal/thermal_zone0/temp")


class Service:
    """Everything of one rig, from start to stop."""

    def __init__(self, config: Config, credentials: Credentials) -> None:
        self._config, self._credentials = config, credentials
        self._store = Store(config.state_dir)
        boot = clock.boot_id()
        wake = threading.Event()
        self._parts = Parts(
            config=config, api=Api(config.backend_url, config.anon_key, credentials.device_api_key),
            journal=Journal(self._store, boot), spool=Spool(self._store, boot), logs=LogQueue(config.state_dir, wake),
            server_clock=clock.ServerClock(), boot_id=boot, wake=wake,
        )  # fmt: skip
        self._pump = Pump(self._parts)
        self._commands = Commands(self._parts)
        self._link = Link(config, credentials, self._received, wake)
        self._pump.link = self._commands.link = self._link
        self._control = control.Control(config.state_dir, self._answer)
        self._stopping = threading.Event()
        self._greet = threading.Event()

    def run(self) -> None:
        """Until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopping.set())
        log.info("agent %s of %s", __version__, self._credentials.device_id)
        self._commands.recover()
        self._control.start()
        self._pump.start()
        self._commands.start()
        self._link.start()
        notify("READY=1")
        try:
            self._turn()
        finally:
            notify("STOPPING=1")
            self._stop()

    def _received(self, leaf: str, payload: bytes, mid: int) -> None:
        """In the MQTT thread: only pass on."""
        if leaf == "data/ack":
            self._pump.put_ack(payload, mid)
            return
        if leaf == "connected":
            self._greet.set()
        self._commands.put(leaf, payload, mid)

    def _turn(self) -> None:
        """Presence and watchdog."""
        pat = watchdog_s()
        beat_at = time.monotonic() + self._config.heartbeat_s
        while not self._stopping.is_set():
            now = time.monotonic()
            if self._greet.is_set():
                self._greet.clear()
                self._link.publish("status", {"status": "online", **self._presence()})
                self._link.publish("heartbeat", self._heartbeat())
                beat_at = now + self._config.heartbeat_s
            elif now >= beat_at:
                beat_at = now + self._config.heartbeat_s
                self._link.publish("heartbeat", self._heartbeat())
            if pat and max(now - self._pump.beat, now - self._commands.beat) < STUCK_S:
                notify("WATCHDOG=1")
            self._stopping.wait(0.2 if not self._link.connected.is_set() or self._greet.is_set() else 1.0)

    def _presence(self) -> dict[str, Any]:
        return {
            "boot_id": self._parts.boot_id, "agent_version": __version__,
            "running": self._parts.journal.believed_running(), "spool_depth": self._parts.spool.depth(),
        }  # fmt: skip

    def _heartbeat(self) -> dict[str, Any]:
        found = {"status": "online", **self._presence(), "clock": clock.now_text()}
        found["disk_free_mb"] = self._disk_free_mb()
        with contextlib.suppress(OSError, ValueError):
            found["temp_c"] = int(_TEMPERATURE.read_text(encoding="ascii")) / 1000
        if quarantined := self._parts.spool.quarantined():
            found["quarantined"] = quarantined
        if (error_s := self._parts.server_clock.error_s) is not None:
            found["clock_error_s"] = round(error_s, 3)
        return found

    def _disk_free_mb(self) -> int:
        return shutil.disk_usage(self._config.state_dir).free // (1024 * 1024)

    def _answer(self, word: str) -> dict[str, Any]:
        spool = self._parts.spool
        match word:
            case "status":
                return {
                    "device_id": self._credentials.device_id, "connected": self._link.connected.is_set(),
                    **self._presence(), "quarantined": spool.quarantined(), "disk_free_mb": self._disk_free_mb(),
                    "logs_waiting": len(self._parts.logs), **self._pump.state(),
                }  # fmt: skip
            case "spool":
                return {"runs": spool.summary()}
            case "quarantine":
                return {"quarantine": spool.list_quarantine()}
            case "retry":
                retried = spool.retry_quarantine()
                self._parts.wake.set()
                return {"retried": retried}
        return {"error": "unknown question"}

    def _stop(self) -> None:
        """End the run, say so, say goodbye."""
        worker = self._commands.worker
        if worker is not None:
            worker.stop(None, "agent_restarted", "failed")
            worker.join(self._config.grace_s + 2 * self._config.kill_s)
        deadline = time.monotonic() + LAST_WORDS_S
        while self._link.connected.is_set() and self._parts.journal.unsent_reports() and time.monotonic() < deadline:
            self._parts.wake.set()
            time.sleep(0.05)
        self._commands.end()
        self._pump.end()
        self._pump.join(5)
        self._commands.join(5)
        self._link.stop()
        self._control.close()
        self._parts.api.close()
        self._parts.logs.close()
        self._store.close()
        log.info("stopped")
