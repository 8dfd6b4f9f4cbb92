"""What goes to the server, by one thread: reports, trials until they are confirmed, log lines."""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import MQTTMessageInfo

from agent.link import Link
from agent.log_queue import Batch
from agent.run import Parts
from agent.spool import Waiting

log = logging.getLogger(__name__)

BATCH_TRIALS, BATCH_BYTES = 50, 60 * 1024
TICK_S = 1.0
RECONNECT_RESEND_S = 5.0
"""After a new connection the client itself repeats what the broker had not acknowledged."""
LOGS_IN_FLIGHT = 5
FINAL_WAIT_S = 60.0
"""A run's end is held back this long for its trials, so that they do not count as late."""


@dataclass
class _Sent:
    at: float
    tries: int = 1


class Pump(threading.Thread):
    """Oldest trial first, at most a window of them unconfirmed."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(name="pump", daemon=True)
        self._parts = parts
        self.link: Link | None = None
        self._acks: queue.SimpleQueue[tuple[bytes, int]] = queue.SimpleQueue()
        self._sent: dict[int, _Sent] = {}
        self._reports: dict[int, MQTTMessageInfo] = {}
        self._held: dict[int, float] = {}
        self._logs: list[tuple[Batch, MQTTMessageInfo]] = []
        self._connection = 0
        self._ending = threading.Event()
        self.beat = time.monotonic()
        self.last_confirmed: str | None = None

    def put_ack(self, payload: bytes, mid: int) -> None:
        """From the MQTT thread: a `data/ack`."""
        self._acks.put((payload, mid))
        self._parts.wake.set()

    def end(self) -> None:
        """Stop after the present round."""
        self._ending.set()
        self._parts.wake.set()

    def run(self) -> None:
        """Until `end`."""
        while not self._ending.is_set():
            self._parts.wake.wait(TICK_S)
            self._parts.wake.clear()
            self.beat = time.monotonic()
            try:
                self.round()
            except Exception:
                log.exception("sending failed, trying again")
                self._ending.wait(TICK_S)

    def round(self) -> None:
        """Everything that can be done now."""
        self._confirm()
        for report_id in [number for number, info in self._reports.items() if _is_published(info)]:
            self._parts.journal.report_sent(report_id)
            del self._reports[report_id]
        if self.link is None or not self.link.connected.is_set():
            return
        if self.link.connections != self._connection:
            self._connection = self.link.connections
            later = time.monotonic() - self._parts.config.resend_s + RECONNECT_RESEND_S
            for sent in self._sent.values():
                sent.at = min(sent.at, later)
        self._send_reports(final=False)
        self._send_trials(self.link)
        self._send_reports(final=True)
        self._send_logs(self.link)

    def _confirm(self) -> None:
        while True:
            try:
                payload, mid = self._acks.get_nowait()
            except queue.Empty:
                return
            try:
                refused = self._parts.spool.confirm(json.loads(payload))
            except (ValueError, KeyError, TypeError, AttributeError):
                log.warning("a confirmation of %d bytes cannot be read", len(payload))
            else:
                if refused:
                    log.error("the server refused %d trials; they are kept in quarantine", refused)
            if self.link is not None:
                self.link.acknowledge(mid)

    def _send_reports(self, *, final: bool) -> None:
        assert self.link is not None
        for report_id, deployment, ends, payload in self._parts.journal.unsent_reports():
            if report_id in self._reports or ends is not final:
                continue
            if final and self._wait_for_trials(report_id, deployment):
                continue
            info = self.link.publish("status", payload)
            if info is not None:
                self._reports[report_id] = info
                self._held.pop(report_id, None)

    def _wait_for_trials(self, report_id: int, deployment: str) -> bool:
        """Whether trials of this run have not even been sent."""
        if self._parts.spool.waiting_of(deployment) <= self._sent.keys():
            return False
        since = self._held.setdefault(report_id, time.monotonic())
        return time.monotonic() - since < FINAL_WAIT_S

    def _send_trials(self, link: Link) -> None:
        now = time.monotonic()
        oldest = self._parts.spool.oldest(self._parts.config.window)
        present = {trial.trial_id for trial in oldest}
        # confirmed (or beyond the window, which cannot be: the window is of the oldest)
        self._sent = {number: sent for number, sent in self._sent.items() if number in present}
        due = [trial for trial in oldest if self._is_due(trial, now)]
        for batch in _batches(due):
            body = batch[0].payload if len(batch) == 1 else f"[{','.join(trial.payload for trial in batch)}]"
            if link.publish("data", body) is None:
                return
            for trial in batch:
                before = self._sent.get(trial.trial_id)
                self._sent[trial.trial_id] = _Sent(now, before.tries + 1 if before else 1)

    def _is_due(self, trial: Waiting, now: float) -> bool:
        sent = self._sent.get(trial.trial_id)
        # each time a little later, up to four times the first pause
        return sent is None or now - sent.at >= self._parts.config.resend_s * min(sent.tries, 4)

    def _send_logs(self, link: Link) -> None:
        waiting = []
        for sent, info in self._logs:
            if _is_published(info):
                self._parts.logs.confirmed(sent)
            else:
                waiting.append((sent, info))
        self._logs = waiting
        while len(self._logs) < LOGS_IN_FLIGHT and (batch := self._parts.logs.batch()) is not None:
            on_its_way = link.publish("logs", batch.payload)
            if on_its_way is None:
                return
            self._parts.logs.sent(batch)
            self._logs.append((batch, on_its_way))

    def state(self) -> dict[str, Any]:
        """For `lics-agent status`."""
        return {"in_flight": len(self._sent), "reports_waiting": len(self._parts.journal.unsent_reports())}


def _is_published(info: MQTTMessageInfo) -> bool:
    try:
        return info.is_published()
    except (RuntimeError, ValueError):
        return False


def _batches(trials: list[Waiting]) -> list[list[Waiting]]:
    made: list[list[Waiting]] = []
    size = 0
    for trial in trials:
        length = len(trial.payload.encode()) + 1
        if not made or len(made[-1]) == BATCH_TRIALS or size + length > BATCH_BYTES:
            made.append([])
            size = 0
        made[-1].append(trial)
        size += length
    return made
