"""One run, from its claim to its last report, in a thread of its own."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import select
import shutil
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent import clock, process
from agent.api import Api
from agent.config import Config
from agent.errors import ServerAwayError, ServerRefusedError
from agent.intake import Intake
from agent.journal import Journal, Run
from agent.log_queue import LogQueue
from agent.logs import Drain, RunLog
from agent.spool import Spool

log = logging.getLogger(__name__)

TIMEOUT_S, LONGEST_TIMEOUT_S = 7200, 86_400
STEP_S = 0.25
CLAIM_AGAIN_S = 3.0
DRAIN_S = 2.0
DISK_AGAIN_S = 2.0


@dataclass(frozen=True)
class Parts:
    """What every run works with."""

    config: Config
    api: Api
    journal: Journal
    spool: Spool
    logs: LogQueue
    server_clock: clock.ServerClock
    boot_id: str
    wake: threading.Event

    @property
    def runs_dir(self) -> Path:
        """One folder a run."""
        return self.config.state_dir / "runs"

    def report(self, deployment_id: str, status: str, **more: Any) -> dict[str, Any]:
        """A status message of a run."""
        return {
            "deployment_id": deployment_id, "status": status, "at": clock.now_text(), "boot_id": self.boot_id,
            **{key: value for key, value in more.items() if value is not None},
        }  # fmt: skip


class _NotStartedError(Exception):
    def __init__(self, reason_code: str, error: str) -> None:
        super().__init__(error)
        self.reason_code = reason_code


class Worker(threading.Thread):
    """Runs one deployment; `ended` is called when the last report is journalled."""

    def __init__(self, parts: Parts, run: Run, ended: Callable[[], None]) -> None:
        super().__init__(name="run", daemon=True)
        self._parts, self._run, self._ended = parts, run, ended
        self.deployment_id = run.deployment_id
        self._asked_to_stop = threading.Event()
        self._grace_s, self._reason, self._status = parts.config.grace_s, "operator", "cancelled"
        self._outcome: tuple[str, str | None] | None = None
        """Status and reason of an end that the agent itself began."""

    def stop(self, grace_s: float | None = None, reason: str = "operator", status: str = "cancelled") -> None:
        """End the run: SIGINT, and what must follow."""
        if not self._asked_to_stop.is_set():
            self._grace_s = self._parts.config.grace_s if grace_s is None else grace_s
            self._reason, self._status = reason, status
            self._asked_to_stop.set()

    def run(self) -> None:
        """Claim, check, start, watch, report."""
        parts, deployment = self._parts, self.deployment_id
        try:
            report = self._start_and_watch()
        except _NotStartedError as error:
            log.warning("run %s was not started: %s", deployment, error.reason_code)
            report = parts.report(deployment, "failed", reason_code=error.reason_code, error=str(error))
        except Exception as error:
            log.exception("run %s", deployment)
            report = parts.report(deployment, "failed", reason_code="spawn_failed", error=f"agent: {error!r}")
        while True:
            try:
                parts.journal.end(deployment, report)
                break
            except Exception:
                log.exception("the end of %s cannot be journalled, trying again", deployment)
                time.sleep(2)
        log.info("run %s: %s", deployment, report["status"])
        self._ended()
        parts.wake.set()

    def _start_and_watch(self) -> dict[str, Any]:
        told = self._claim()
        if told is None:
            return self._parts.report(self.deployment_id, self._status, reason_code=self._reason)
        folder = self._prepare(told)
        if not self._fetch_files(folder, told.get("files") or []):
            return self._parts.report(self.deployment_id, self._status, reason_code=self._reason)
        self._parts.journal.starting(self.deployment_id, folder)
        try:
            script = process.start(self._parts.config.python, folder, process.make_bridge(self._parts.config.state_dir))
        except OSError as error:
            raise _NotStartedError("spawn_failed", f"{error.filename}: {error.strerror}") from None
        pid = script.process.pid
        try:
            self._parts.journal.running(
                self.deployment_id, pid, script.started, self._parts.report(self.deployment_id, "running", pid=pid)
            )
            self._parts.wake.set()
            log.info("run %s: running, pid %d", self.deployment_id, pid)
            run_log = RunLog(self.deployment_id, self._parts.logs.put)
            drains = [Drain("stdout", script.stdout, run_log), Drain("stderr", script.stderr, run_log)]
            for drain in drains:
                drain.start()
            intake = Intake(self._parts.spool, self.deployment_id, folder)
            self._watch(script, intake, float(self._timeout(told)))
        finally:
            script.close()
        for drain in drains:
            drain.join(DRAIN_S)
        intake.drain()
        while intake.blocked:
            # a full disk takes no journal either: the end is reported when its trials are kept
            time.sleep(DISK_AGAIN_S)
            intake.drain()
        if intake.broken:
            run_log.line("agent", "ERROR", f"{intake.broken} records of the script could not be read")
        run_log.close()
        return self._end_report(script.code if script.code is not None else -9, pid, drains[1].tail)

    def _timeout(self, told: dict[str, Any]) -> int:
        given = told.get("timeout_s") or self._run.command.get("timeout_s") or TIMEOUT_S
        return min(max(int(given), 1), LONGEST_TIMEOUT_S)

    def _claim(self) -> dict[str, Any] | None:
        """The frozen run from the server; None: stopped meanwhile."""
        deadline = time.monotonic() + self._parts.config.claim_s
        while not self._asked_to_stop.is_set():
            try:
                told = self._parts.api.claim(self.deployment_id)
            except ServerRefusedError as refused:
                raise _NotStartedError("fetch_failed", f"the server refused the script: {refused}") from None
            except ServerAwayError as away:
                if time.monotonic() > deadline:
                    raise _NotStartedError("fetch_failed", f"the script could not be fetched: {away}") from None
                self._asked_to_stop.wait(CLAIM_AGAIN_S)
            else:
                self._parts.server_clock.learn(told.get("server_time"))
                if not told.get("cancel_requested_at"):
                    return told
                self.stop()
        return None

    def _prepare(self, told: dict[str, Any]) -> Path:
        """A folder with the script, whose hash is right, and what was frozen with it."""
        code = str(told.get("python_code") or "").encode()
        found = hashlib.sha256(code).hexdigest()
        for promised in (told.get("script_sha256"), self._run.command.get("script_sha256")):
            if promised and str(promised).lower() != found:
                raise _NotStartedError("hash_mismatch", "the script is not the one that was deployed")
        folder = self._parts.runs_dir / self.deployment_id
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / "script.py").write_bytes(code)
            kept = ("deployment_id", "experiment_id", "experiment_version", "experiment_name", "subject_id", "params")
            run = {"deployment_id": self.deployment_id} | {key: told.get(key) for key in kept if key in told}
            (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
        except OSError as error:
            raise _NotStartedError("spawn_failed", f"{folder}: {error.strerror}") from None
        return folder

    def _fetch_files(self, folder: Path, files: list[dict[str, Any]]) -> bool:
        """Put the files beside the script that were frozen with the run; False: stopped meanwhile."""
        deadline = time.monotonic() + self._parts.config.claim_s
        for file in files:
            promised = str(file["sha256"]).lower()
            content: bytes | None = None
            while content is None:
                if self._asked_to_stop.is_set():
                    return False
                try:
                    content = self._parts.api.claim_file(self.deployment_id, promised)
                except ServerRefusedError as refused:
                    raise _NotStartedError("fetch_failed", f"the server refused {file['path']}: {refused}") from None
                except ServerAwayError as away:
                    if time.monotonic() > deadline:
                        raise _NotStartedError("fetch_failed", f"{file['path']} could not be fetched: {away}") from None
                    self._asked_to_stop.wait(CLAIM_AGAIN_S)
            if hashlib.sha256(content).hexdigest() != promised:
                raise _NotStartedError("hash_mismatch", f"{file['path']} is not the file that was deployed")
            put_beside(folder, str(file["path"]), content)
        return True

    def _watch(self, script: process.Script, intake: Intake, timeout_s: float) -> None:
        """Take trials as they come, until the script has ended; end it when it must."""
        deadline = time.monotonic() + timeout_s
        steps: list[tuple[float, int]] = []
        bell = True
        while not script.ended():
            now = time.monotonic()
            if self._outcome is None and (self._asked_to_stop.is_set() or now >= deadline):
                self._outcome = (
                    (self._status, self._reason) if self._asked_to_stop.is_set() else ("timed_out", "wall_timeout")
                )
                term = now + self._grace_s
                steps = [
                    (now, signal.SIGINT), (term, signal.SIGTERM), (term + self._parts.config.kill_s, signal.SIGKILL)
                ]  # fmt: skip
            while steps and steps[0][0] <= now:
                script.signal(steps.pop(0)[1])
            if bell and select.select([script.bell], [], [], STEP_S)[0]:
                # nothing more when every writer has closed it, which a script may do before its end
                bell = bool(os.read(script.bell, 65536))
            elif not bell:
                time.sleep(STEP_S / 10)
            if intake.drain():
                self._parts.wake.set()

    def _end_report(self, code: int, pid: int, error_log: str) -> dict[str, Any]:
        if self._outcome is not None:
            status, reason = self._outcome
        elif code == 0:
            status, reason = "completed", None
        else:
            status, reason = "failed", "signal" if code < 0 else "nonzero_exit"
        return self._parts.report(
            self.deployment_id, status, reason_code=reason, pid=pid,
            exit_code=code if code >= 0 else None, signal=-code if code < 0 else None,
            error=error_log if status != "completed" and error_log else None,
            end=end_of(self._parts.journal.get(self.deployment_id), status),
        )  # fmt: skip


def put_beside(folder: Path, path: str, content: bytes) -> None:
    """Write one of a run's files. A path that leads out of the folder is refused, whatever the server let through."""
    target = (folder / path).resolve()
    if not target.is_relative_to(folder.resolve()) or target == folder.resolve():
        raise _NotStartedError("fetch_failed", f"{path}: not a place in the run's folder")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        target.write_bytes(content)
    except OSError as error:
        raise _NotStartedError("spawn_failed", f"{path}: {error.strerror}") from None


def end_of(run: Run | None, status: str) -> dict[str, Any] | None:
    """What is known of the data's end. Loops of a script that was ended, or that left no last word, count as
    unfinished (`true`: which ones is not known)."""
    if run is None:
        return None
    told = run.end_record or {}
    loops = told.get("loops_unfinished")
    if loops is None:
        loops = [] if status == "completed" and run.end_record else True
    # what the script wrote and the agent could not read is a gap, not a shorter run
    written = told.get("trials")
    final_seq = max(run.last_seq, written) if isinstance(written, int) else run.last_seq
    return {"entries": run.entries, "final_seq": final_seq, "loops_unfinished": loops}


def prune(parts: Parts) -> None:
    """Forget the oldest folders of runs, unless trials of theirs still wait."""
    if not parts.runs_dir.is_dir():
        return
    folders = sorted(parts.runs_dir.iterdir(), key=lambda folder: folder.stat().st_mtime)
    for folder in folders[: max(0, len(folders) - parts.config.keep_runs)]:
        run = parts.journal.get(folder.name)
        if (run is None or not run.is_open) and not parts.spool.waiting_of(folder.name):
            shutil.rmtree(folder, ignore_errors=True)
