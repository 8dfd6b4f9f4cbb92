"""The simulated rig never loses a trial and never gives one up before it is confirmed."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lics.fleet.camera import Broker
from lics.fleet.rig import Rig

from .conftest import Peer, Peers

DEVICE = "019a0000-0000-7000-8000-0000000000aa"
RUN = "019a0000-0000-7000-8000-0000000000bb"
BASE = f"devices/{DEVICE}"


@contextlib.asynccontextmanager
async def running(rig: Rig) -> AsyncIterator[None]:
    task = asyncio.create_task(rig.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def confirm_all(peer: Peer, topic: str, _body: Any) -> None:
    if topic.endswith("/data"):
        through = max(trial["seq"] for trial in peer.messages("data"))
        await peer.say(f"{BASE}/data/ack", deployment_id=RUN, through_seq=through, have=[], rejected=[])


async def silence(_peer: Peer, _topic: str, _body: Any) -> None:
    """No answer at all."""


async def test_trials_measured_without_a_connection_arrive_and_are_confirmed(broker: Broker, peer: Peers) -> None:
    rig = Rig(broker, DEVICE, deployment_id=RUN)
    for _ in range(60):
        await rig.measure()
    async with peer(BASE, confirm_all) as listening, running(rig):
        await rig.until_confirmed(10)
        assert [trial["seq"] for trial in listening.messages("data")][:60] == list(range(1, 61))
        reports = listening.messages("status")
        assert reports[0]["status"] == "online"
        assert reports[0]["running"] == [RUN]
        assert {"deployment_id": RUN, "status": "running"}.items() <= reports[1].items()


async def test_what_is_not_confirmed_is_sent_again_and_kept(
    broker: Broker, peer: Peers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lics.fleet.rig.RESEND_AFTER_S", 0.05)
    rig = Rig(broker, DEVICE, deployment_id=RUN)
    async with peer(BASE, silence) as listening, running(rig):
        await rig.measure()
        await listening.until(lambda: len(listening.messages("data")) >= 3)
        assert {trial["seq"] for trial in listening.messages("data")} == {1}
        assert len(rig.spool.waiting()) == 1


async def test_numbers_of_a_lost_spool_are_not_given_again(broker: Broker, peer: Peers) -> None:
    rig = Rig(broker, DEVICE, deployment_id=RUN)

    async def conflicting(peer: Peer, topic: str, body: Any) -> None:
        if not topic.endswith("/data"):
            return
        seq = body["seq"]
        rejected = [{"seq": seq, "reason": "conflict"}] if seq <= 9 else []
        await peer.say(
            f"{BASE}/data/ack", deployment_id=RUN, through_seq=max(9, seq), have=[[1, max(9, seq)]], rejected=rejected
        )

    async with peer(BASE, conflicting) as listening, running(rig):
        await listening.until(lambda: bool(listening.messages("heartbeat")))
        await rig.measure()
        await listening.until(lambda: len(listening.messages("data")) == 2)
        first, second = listening.messages("data")
        assert (first["seq"], second["seq"]) == (1, 10)
        assert first["started_at"] == second["started_at"]
        await rig.until_confirmed(5)


async def test_a_run_command_starts_one_run_and_stop_ends_it(broker: Broker, peer: Peers) -> None:
    rig = Rig(broker, DEVICE)
    async with peer(BASE, silence) as listening, running(rig):
        await listening.until(lambda: bool(listening.messages("heartbeat")))
        assert await rig.measure() is None
        await listening.say(f"{BASE}/command", action="run", experiment_id=RUN, deployment_id=RUN)
        await listening.until(
            lambda: any(report.get("deployment_id") == RUN for report in listening.messages("status"))
        )
        assert listening.messages("ack")[0]["accepted"] is True
        await listening.say(f"{BASE}/command", action="run", experiment_id=RUN, deployment_id=DEVICE)
        await listening.until(lambda: len(listening.messages("ack")) == 2)
        assert listening.messages("ack")[1]["reason"] == "agent_busy"
        await listening.say(f"{BASE}/command", action="stop", deployment_id=RUN)
        await listening.until(lambda: listening.messages("status")[-1]["status"] == "cancelled")
        assert await rig.measure() is None
