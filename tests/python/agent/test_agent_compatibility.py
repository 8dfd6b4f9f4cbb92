"""A client that knows only the seeds' fields works end to end."""

from __future__ import annotations

from pathlib import Path

from agent_lab import Agents, RigLab, until
from seeds_client import EdgeAgent

from agent import config

pytest_plugins = ["agent_fixtures"]


SCRIPTS = [("print('a')\nprint('b')", "completed", 2), ("raise KeyError('x')", "failed", 0)]


def assert_it_runs(rig_lab: RigLab, device_id: str, code: str, status: str, trials: int) -> None:
    """Deploy, and compare what was stored with what the seeds promise."""
    deployment = rig_lab.deploy(device_id, code)
    row = rig_lab.ended(deployment)
    assert (row["status"], row["ended_by"]) == (status, "agent")
    until(lambda: len(rig_lab.trials(deployment)) == trials, "its trials are stored")
    until(lambda: len(rig_lab.logs(deployment)) == trials, "and its log lines")
    assert ("KeyError: 'x'" in (row["error_log"] or "")) is (status == "failed")
    assert [trial["trial_number"] for trial in rig_lab.trials(deployment)] == list(range(trials))
    assert rig_lab.run(deployment)["completeness"] == "unknown"


def test_a_client_that_knows_only_the_seeds(rig_lab: RigLab, agents: Agents, tmp_path: Path) -> None:
    stack = rig_lab.stack
    known = config.credentials(config.load(agents().config))
    assert known is not None
    broker = (stack.mqtt_host, stack.mqtt_port)
    client = EdgeAgent(stack.api_url, broker, known.device_id, known.device_api_key, tmp_path)
    try:
        query = "select private.is_online(last_seen_at, last_will_at) as yes from public.devices where device_id = %s"
        until(lambda: rig_lab.rows(query, known.device_id)[0]["yes"], "online")
        for code, status, trials in SCRIPTS:
            assert_it_runs(rig_lab, known.device_id, code, status, trials)
    finally:
        client.mqtt.disconnect()
        client.mqtt.loop_stop()
