"""What the server asks for: run, stop; by MQTT, and by asking what is pending. One thread, so one after the other."""

from __future__ import annotations

import json
import logging
import queue
import shutil
import threading
import time
import uuid
from typing import Any

from agent import __version__, clock, run
from agent.errors import AgentError
from agent.intake import Intake
from agent.journal import Run
from agent.link import Link
from agent.process import end_leftover
from agent.run import Parts, Worker

log = logging.getLogger(__name__)

Item = tuple[str, bytes, int]


class Commands(threading.Thread):
    """Journal, acknowledge, PUBACK, then do it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(name="commands", daemon=True)
        self._parts = parts
        self.link: Link | None = None
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self.worker: Worker | None = None
        self._pulled_at = -1e9
        self.beat = time.monotonic()

    def put(self, leaf: str, payload: bytes, mid: int) -> None:
        """From the MQTT thread: a message, or `connected`."""
        self._queue.put((leaf, payload, mid))

    def end(self) -> None:
        """Finish what is queued."""
        self._queue.put(None)

    def recover(self) -> None:
        """After a start no run goes on: what is left of one is ended, its trials taken over, its end reported."""
        parts = self._parts
        for left in parts.journal.open_runs():
            rebooted = left.boot_id != parts.boot_id
            if not rebooted and left.pid is not None and left.pid_started is not None:
                end_leftover(left.pid, left.pid_started, parts.config.grace_s, parts.config.kill_s)
            if left.folder is not None:
                Intake(parts.spool, left.deployment_id, left.folder).drain()
            reason = "host_rebooted" if rebooted else "agent_restarted"
            end = run.end_of(parts.journal.get(left.deployment_id), "failed") if left.folder else None
            parts.journal.end(
                left.deployment_id,
                parts.report(left.deployment_id, "failed", reason_code=reason, pid=left.pid, end=end),
            )
            log.warning("run %s: %s", left.deployment_id, reason)

    def run(self) -> None:
        """Until `end`."""
        while True:
            self.beat = time.monotonic()
            try:
                item = self._queue.get(timeout=min(5.0, self._parts.config.poll_s))
            except queue.Empty:
                item = ("", b"", 0)
            if item is None:
                return
            try:
                self._take_up(*item)
                if time.monotonic() - self._pulled_at >= self._parts.config.poll_s:
                    self._pull()
            except Exception:
                # not acknowledged: the server repeats it, and so does the next pull
                log.exception("a command could not be handled")

    def _take_up(self, leaf: str, payload: bytes, mid: int) -> None:
        if leaf == "connected":
            self._pull()
        elif leaf == "command":
            try:
                command = json.loads(payload)
                deployment = str(uuid.UUID(command["deployment_id"]))
                action = command["action"]
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                log.warning("a command of %d bytes cannot be read", len(payload))
                self._acknowledge(mid)
                return
            self._obey(action, deployment, command, mid)

    def _obey(self, action: object, deployment: str, command: dict[str, Any], mid: int = 0) -> None:
        if action == "run":
            self._obey_run(deployment, command, mid)
        elif action == "stop":
            self._obey_stop(deployment, command, mid)
        else:
            log.warning("an unknown action")
            self._acknowledge(mid)

    def _obey_run(self, deployment: str, command: dict[str, Any], mid: int) -> None:
        known = self._parts.journal.get(deployment)
        if known is not None:
            self._repeat(known, command)
            self._acknowledge(mid)
            return
        if not self._parts.server_clock.known:
            # a rig without a clock cannot tell whether a command is old
            self._pull()
            if self._parts.journal.get(deployment) is not None:
                self._acknowledge(mid)
                return
        refusal = self._refusal(command)
        self._parts.journal.accept(deployment, {**command, "refusal": refusal}, "refused" if refusal else "accepted")
        self._answer(deployment, command, refusal)
        self._acknowledge(mid)
        if refusal:
            log.warning("run %s refused: %s", deployment, refusal)
            return
        accepted = self._parts.journal.get(deployment)
        assert accepted is not None
        run.prune(self._parts)
        self.worker = Worker(self._parts, accepted, self._worker_ended)
        self.worker.start()

    def _refusal(self, command: dict[str, Any]) -> str | None:
        expires = clock.parse(command.get("expires_at"))
        if expires is not None and self._parts.server_clock.now() > expires:
            return "command_expired"
        if self._parts.journal.open_runs():
            return "agent_busy"
        if shutil.disk_usage(self._parts.config.state_dir).free < self._parts.config.min_free_mb * 1024 * 1024:
            return "spawn_failed"
        return None

    def _obey_stop(self, deployment: str, command: dict[str, Any], mid: int) -> None:
        known = self._parts.journal.get(deployment)
        if known is None:
            # the stop came before its run: that one is never started
            self._parts.journal.accept(deployment, command, "refused")
            self._parts.journal.end(
                deployment, self._parts.report(deployment, "cancelled", reason_code=_reason(command))
            )
        self._answer(deployment, command, None)
        self._acknowledge(mid)
        if known is not None and known.is_open:
            self._stop_worker(deployment, _grace(command), _reason(command))
        elif known is not None:
            self._parts.journal.repeat_report(deployment)
        self._parts.wake.set()

    def _stop_worker(self, deployment: str, grace_s: float | None, reason: str) -> None:
        worker = self.worker
        if worker is not None and worker.deployment_id == deployment:
            log.info("run %s: to be stopped (%s)", deployment, reason)
            worker.stop(grace_s, reason)

    def _repeat(self, known: Run, command: dict[str, Any]) -> None:
        """A command that came before: the same answer, and nothing is started."""
        self._answer(known.deployment_id, command, known.command.get("refusal"))
        self._parts.journal.repeat_report(known.deployment_id)
        self._parts.wake.set()

    def _answer(self, deployment: str, command: dict[str, Any], refusal: str | None) -> None:
        if self.link is not None:
            self.link.publish("ack", {
                "deployment_id": deployment, "accepted": refusal is None, "reason": refusal,
                "command_id": command.get("command_id"), "agent_version": __version__, "at": clock.now_text(),
            })  # fmt: skip

    def _acknowledge(self, mid: int) -> None:
        if self.link is not None:
            self.link.acknowledge(mid)

    def _worker_ended(self) -> None:
        self.worker = None

    def _pull(self) -> None:
        """Ask for what the doorbell may have failed to say."""
        self._pulled_at = time.monotonic()
        try:
            work = self._parts.api.pending_work()
        except AgentError as error:
            log.info("pending work could not be asked for: %s", error)
            return
        self._parts.server_clock.learn(work.get("server_time"))
        connected = self.link is not None and self.link.connected.is_set()
        for command in work.get("commands") or []:
            # without a broker nobody would hear that the run was accepted
            if connected or command.get("action") == "stop":
                self._obey(command.get("action"), str(command["deployment_id"]), command)
        for believed in work.get("runs") or []:
            deployment = str(believed["deployment_id"])
            known = self._parts.journal.get(deployment)
            if known is None:
                continue
            if not known.is_open:
                self._parts.journal.repeat_report(deployment)
                self._parts.wake.set()
            elif believed.get("cancel_requested_at"):
                self._stop_worker(deployment, None, "operator")


def _reason(command: dict[str, Any]) -> str:
    return "superseded" if command.get("reason") == "superseded" else "operator"


def _grace(command: dict[str, Any]) -> float | None:
    given = command.get("grace_s")
    known = isinstance(given, int | float) and not isinstance(given, bool) and 0 <= given <= 600
    return float(given) if known and given is not None else None
