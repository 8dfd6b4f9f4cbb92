"""A rig as its agent behaves: presence, heartbeats, logs, and trials that wait in a spool until they are confirmed."""

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Callable
from typing import Any

import aiomqtt
import orjson
import structlog

from lics.fleet import stroop
from lics.fleet.camera import Broker, utc_now
from lics.fleet.spool import Spool

AGENT_VERSION = "demo-1"
HEARTBEAT_S = 30.0
RESEND_AFTER_S = 5.0
RECONNECT_AFTER_S, LONGEST_RECONNECT_S = 1.0, 16.0
LARGEST_BATCH = 50
CONFIRMED_PAUSE_S = 0.05

log = structlog.get_logger(__name__)


class Rig:
    """One rig with at most one run. `device_id` is also its MQTT user, the device key its password (`broker`)."""

    def __init__(
        self,
        broker: Broker,
        device_id: str,
        *,
        deployment_id: str | None = None,
        seed: int = 0,
        spool: Spool | None = None,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self.broker, self.device_id = broker, device_id
        self.spool = spool or Spool()
        before = self.spool.last_seq(deployment_id) if deployment_id else 0
        self.rng = random.Random(f"{seed}:{device_id}:{before}")
        self.clock = clock
        self.boot_id = str(uuid.uuid4())
        self.deployment_id: str | None = deployment_id
        self.sent = 0
        self.rejected: list[dict[str, Any]] = []
        self.trial_number = before
        """Number of the last trial; a restart goes on where the spool was."""
        self._line_no = int(clock().timestamp())
        """Rises from one start to the next, so that no line is taken for a repeat."""
        self._client: aiomqtt.Client | None = None

    async def run(self) -> None:
        """Stay connected until cancelled."""
        wait_s = RECONNECT_AFTER_S
        while True:
            try:
                async with self._connect() as client:
                    wait_s = RECONNECT_AFTER_S
                    await self._session(client)
            except aiomqtt.MqttError as error:
                log.info("rig lost the broker", reason=str(error))
                # a client that is left by a cancellation and cannot say goodbye raises this instead of it
                if (task := asyncio.current_task()) is not None and task.cancelling():
                    raise asyncio.CancelledError from error
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_RECONNECT_S)

    async def measure(self) -> dict[str, Any] | None:
        """One trial of the present run, kept in the spool and sent; None where there is no run."""
        if self.deployment_id is None:
            return None
        self.trial_number += 1
        trial = self.spool.add(self.deployment_id, stroop.trial(self.rng, self.trial_number, self.clock()))
        await self._send([trial])
        return trial

    async def say(self, message: str, level: str = "INFO") -> None:
        """A line of the run's log; lost when there is no connection."""
        self._line_no += 1
        line = {
            "deployment_id": self.deployment_id,
            "level": level,
            "message": message,
            "line_no": self._line_no,
            "at": self.clock().isoformat(),
            "stream": "stdout",
        }
        await self._publish("logs", line)

    async def until_confirmed(self, timeout_s: float) -> None:
        """Wait until the spool is empty. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            # not by an event: another process may be the one that is connected
            while self.spool.waiting():  # noqa: ASYNC110
                await asyncio.sleep(CONFIRMED_PAUSE_S)

    async def finish(self, status: str = "completed", **more: Any) -> None:
        """The run has ended; nothing more is measured until the next one."""
        ended, self.deployment_id = self.deployment_id, None
        if ended is not None:
            await self._report(ended, status, **more)

    def _connect(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            self.broker.host,
            self.broker.port,
            username=self.broker.user,
            password=self.broker.password,
            identifier=self.device_id,
            protocol=aiomqtt.ProtocolVersion.V311,
            keepalive=30,
            will=aiomqtt.Will(f"devices/{self.device_id}/status", b'{"status":"offline"}', qos=1),
        )

    async def _session(self, client: aiomqtt.Client) -> None:
        """One connection: report, send what waits, then beat, send again and listen until it breaks."""
        self._client = client
        try:
            await client.subscribe(
                [(f"devices/{self.device_id}/command", 1), (f"devices/{self.device_id}/data/ack", 1)]
            )
            await self._publish("status", {"status": "online", **self._presence()})
            if self.deployment_id is not None:
                await self._report(self.deployment_id, "running")
            await self._send(self.spool.waiting())
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._beat())
                tasks.create_task(self._resend())
                async for message in client.messages:
                    await self._hear(str(message.topic).rsplit("/", 1)[-1], bytes(message.payload))
        except* aiomqtt.MqttError as errors:
            raise errors.exceptions[0] from None
        finally:
            self._client = None

    async def _beat(self) -> None:
        while True:
            await self._publish("heartbeat", {"status": "online", **self._presence()})
            await asyncio.sleep(HEARTBEAT_S)

    async def _resend(self) -> None:
        """What has waited through a whole period was perhaps lost by the broker."""
        before: set[tuple[str, int]] = set()
        while True:
            await asyncio.sleep(RESEND_AFTER_S)
            waiting = self.spool.waiting()
            await self._send([trial for trial in waiting if (trial["deployment_id"], trial["seq"]) in before])
            before = {(trial["deployment_id"], trial["seq"]) for trial in waiting}

    async def _hear(self, leaf: str, payload: bytes) -> None:
        try:
            message = orjson.loads(payload)
        except ValueError:
            return
        if leaf == "ack":
            await self._confirmed(message)
        elif message.get("action") == "run":
            await self._start(message)
        elif message.get("action") == "stop" and message.get("deployment_id") == self.deployment_id:
            await self.finish("cancelled", reason_code="operator")

    async def _confirmed(self, message: dict[str, Any]) -> None:
        deployment = message["deployment_id"]
        have = [(int(first), int(last)) for first, last in message.get("have") or []]
        through = int(message.get("through_seq") or 0)
        # first: a number in conflict is also among those that the server has
        refused = [(refusal, self.spool.take(deployment, refusal["seq"])) for refusal in message.get("rejected") or []]
        self.spool.cover(deployment, through, have)
        for refusal, lost in refused:
            self.rejected.append(refusal)
            if lost is not None and refusal.get("reason") == "conflict":
                # numbers of a spool that is gone: measure on behind them
                self.spool.skip_to(deployment, max([through, *(last for _, last in have)]))
                await self._send([self.spool.add(deployment, lost)])

    async def _start(self, command: dict[str, Any]) -> None:
        deployment = command["deployment_id"]
        known = deployment == self.deployment_id
        accepted = known or self.deployment_id is None
        answer = {
            "deployment_id": deployment,
            "accepted": accepted,
            "reason": None if accepted else "agent_busy",
            "command_id": command.get("command_id"),
            "agent_version": AGENT_VERSION,
            "at": self.clock().isoformat(),
        }
        await self._publish("ack", answer)
        if accepted:
            self.deployment_id = deployment
            await self._report(deployment, "running")

    async def _report(self, deployment: str, status: str, **more: Any) -> None:
        report = {
            "deployment_id": deployment,
            "status": status,
            "at": self.clock().isoformat(),
            "boot_id": self.boot_id,
        }
        await self._publish("status", {**report, **more})

    def _presence(self) -> dict[str, Any]:
        running = [self.deployment_id] if self.deployment_id else []
        return {
            "boot_id": self.boot_id,
            "agent_version": AGENT_VERSION,
            "running": running,
            "spool_depth": len(self.spool.waiting()),
            "clock": self.clock().isoformat(),
        }

    async def _send(self, trials: list[dict[str, Any]]) -> None:
        """One trial as an object, more as batches; without a connection they wait in the spool."""
        for start in range(0, len(trials), LARGEST_BATCH):
            batch = [{**trial, "boot_id": self.boot_id} for trial in trials[start : start + LARGEST_BATCH]]
            if await self._publish("data", batch if len(batch) > 1 else batch[0]):
                self.sent += len(batch)

    async def _publish(self, leaf: str, message: object) -> bool:
        if self._client is None:
            return False
        with contextlib.suppress(aiomqtt.MqttError):
            await self._client.publish(f"devices/{self.device_id}/{leaf}", orjson.dumps(message), qos=1)
            return True
        return False
