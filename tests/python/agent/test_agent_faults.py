"""What must hold when things break: the ledger of the script equals the database, and nothing runs twice."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from agent_lab import Agents, RigAgent, RigLab, until
from edge.conftest import Proxy
from paho.mqtt.enums import CallbackAPIVersion
from test_agent_flow import assert_ledger_is_database, script

pytest_plugins = ["agent_fixtures"]

FOREVER = "\nwhile True:\n    time.sleep(0.1)\n"


def server_says(lab: RigLab, device_id: str, message: dict[str, object]) -> None:
    """Put a message on the rig's command topic, as the outbox does."""
    lab.rows(
        "insert into private.mqtt_outbox (company_id, device_id, topic, payload, created_at, not_before, expires_at)"
        " select company_id, device_id, 'devices/' || device_id || '/command', %s, now(), now(),"
        " now() + interval '1 minute' from public.devices where device_id = %s returning 1",
        json.dumps(message), device_id,
    )  # fmt: skip


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_agent_killed_in_mid_run(rig_lab: RigLab, agents: Agents) -> None:
    rig = agents()
    rig.start()
    deployment = rig_lab.deploy(rig.device_id, script(10_000, 0.005))
    until(lambda: len(rig_lab.trials(deployment)) > 30, "trials arrive")
    pid = rig_lab.rows(
        "select (details #>> '{details,pid}')::int as pid from public.deployment_events"
        " where deployment_id = %s and event = 'running'", deployment,
    )[0]["pid"]  # fmt: skip
    rig.kill()
    until(lambda: not alive(pid), "the script ends with its agent")
    rig.start()
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"]) == ("failed", "agent_restarted")
    assert assert_ledger_is_database(rig_lab, rig, deployment) > 30
    assert rig_lab.run(deployment)["completeness"] == "early_exit"


def test_agent_killed_in_mid_flush_and_the_broker_away_meanwhile(rig_lab: RigLab, agents: Agents) -> None:
    proxy = Proxy(rig_lab.stack.mqtt_port)
    try:
        rig = agents(port=proxy.port)
        rig.start()
        # the trials are made while there is no broker
        deployment = rig_lab.deploy(rig.device_id, "import time\n" + script(1500, 0, "\nprint('done')\n"))
        rig_lab.has(deployment, "running")
        proxy.cut()
        until(lambda: len(rig.ledger(deployment)) == 1500, "the script writes all its trials")
        until(lambda: rig.said().get("running") and rig.said()["spool_depth"] > 1000, "they wait")
        for _ in range(3):
            proxy.mend()
            before = len(rig_lab.trials(deployment))
            until(lambda before=before: len(rig_lab.trials(deployment)) > before, "a part arrives")  # type: ignore[misc]
            rig.kill()
            proxy.cut()
            rig.start(online=False)
        proxy.mend()
        assert assert_ledger_is_database(rig_lab, rig, deployment) == 1500
        row = rig_lab.ended(deployment)
        assert (row["status"], row["completeness"]) == ("completed", "complete")
    finally:
        proxy.end()


def test_stopped_by_a_person(rig_lab: RigLab, rig: RigAgent) -> None:
    deployment = rig_lab.deploy(rig.device_id, script(3, 0, FOREVER))
    until(lambda: len(rig_lab.trials(deployment)) == 3, "trials arrive")
    rig_lab.rpc("cancel_deployment", p_deployment_id=deployment)
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"], row["completeness"]) == ("cancelled", "operator", "early_exit")
    assert assert_ledger_is_database(rig_lab, rig, deployment) == 3


def test_a_script_that_ignores_every_request_is_killed_at_its_time_limit(rig_lab: RigLab, rig: RigAgent) -> None:
    stubborn = (
        "import signal, subprocess, time\nimport lics_publisher\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "lics_publisher.save_trial({'response': child.pid})\nwhile True:\n    time.sleep(1)\n"
    )
    deployment = rig_lab.deploy(rig.device_id, stubborn, p_timeout_s=1)
    (trial,) = until(lambda: rig_lab.trials(deployment), "its trial arrives")
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"]) == ("timed_out", "wall_timeout")
    until(lambda: not alive(trial["response"]), "nothing of the group survives")


def test_a_repeated_command_starts_nothing(rig_lab: RigLab, rig: RigAgent) -> None:
    deployment = rig_lab.deploy(rig.device_id, script(2))
    rig_lab.ended(deployment)
    for _ in range(2):
        server_says(rig_lab, rig.device_id, {"action": "run", "experiment_id": deployment, "deployment_id": deployment})
    until(lambda: rig_lab.events(deployment, "acked") == 3, "both are acknowledged again")
    until(lambda: rig_lab.events(deployment, "completed") >= 2, "with the last status")
    assert rig_lab.events(deployment, "running") == 1
    assert len(rig.ledger(deployment)) == 2
    assert rig_lab.run(deployment)["status"] == "completed"


def test_refusals(rig_lab: RigLab, rig: RigAgent) -> None:
    running = rig_lab.deploy(rig.device_id, script(0, 0, FOREVER))
    rig_lab.has(running, "running")
    command = {"action": "run", "experiment_id": running}
    heard: list[dict[str, object]] = []
    listener = paho.Client(CallbackAPIVersion.VERSION2)
    listener.username_pw_set(rig_lab.stack.edge_mqtt_user, os.environ["LICS_EDGE_MQTT_PASSWORD"])
    listener.on_message = lambda _c, _u, message: heard.append(json.loads(message.payload))
    listener.connect(rig_lab.stack.mqtt_host, rig_lab.stack.mqtt_port)
    listener.subscribe(f"devices/{rig.device_id}/ack", qos=1)
    listener.loop_start()
    try:
        busy, late = (f"019a0000-0000-7000-8000-{secrets.token_hex(6)}" for _ in range(2))
        server_says(rig_lab, rig.device_id, {**command, "deployment_id": busy})
        server_says(rig_lab, rig.device_id, {**command, "deployment_id": late, "expires_at": "2026-01-01T00:00:00Z"})
        server_says(rig_lab, rig.device_id, {"action": "dance", "deployment_id": busy})
        server_says(rig_lab, rig.device_id, {"action": "run", "deployment_id": 7})
        until(lambda: len(heard) == 2, "both are refused")
    finally:
        listener.loop_stop()
    assert {(answer["deployment_id"], answer["accepted"], answer["reason"]) for answer in heard} == {
        (busy, False, "agent_busy"), (late, False, "command_expired")
    }  # fmt: skip
    rig_lab.rpc("cancel_deployment", p_deployment_id=running)
    assert rig_lab.ended(running)["status"] == "cancelled"


def test_a_script_that_is_not_the_one_deployed_is_not_run(rig_lab: RigLab, rig: RigAgent) -> None:
    experiment = rig_lab.rpc("save_experiment", p_name="Changed on the way", p_python_code="open('ran', 'w')")
    (row,) = rig_lab.rows(
        "insert into public.experiment_deployments"
        " (company_id, experiment_id, device_id, status, experiment_version, python_code, script_sha256, timeout_s)"
        " select company_id, experiment_id, %s, 'pending', 1, python_code, private.sha256_hex('another'), 60"
        " from public.experiments where experiment_id = %s returning deployment_id::text",
        rig.device_id, experiment["experiment_id"],
    )  # fmt: skip
    deployment = row["deployment_id"]
    server_says(rig_lab, rig.device_id, {"action": "run", "deployment_id": deployment})
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"]) == ("failed", "hash_mismatch")
    assert not rig.run_folder(deployment).exists()


@pytest.mark.parametrize(
    ("code", "reason", "told", "error"),
    [("raise ValueError('no stimulus')", "nonzero_exit", {"exit_code": 1}, "ValueError: no stimulus"),
     ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "signal", {"signal": 9}, ""),
     ("import sys\nsys.exit(3)", "nonzero_exit", {"exit_code": 3}, "")],
)  # fmt: skip
def test_a_script_that_fails(  # noqa: PLR0917
    rig_lab: RigLab, rig: RigAgent, code: str, reason: str, told: dict[str, int], error: str
) -> None:
    deployment = rig_lab.deploy(rig.device_id, code)
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"]) == ("failed", reason)
    assert error in (row["error_log"] or "")
    assert "agent/runner" not in (row["error_log"] or "")
    details = rig_lab.rows(
        "select details -> 'details' as said from public.deployment_events"
        " where deployment_id = %s and event = 'failed' and source = 'agent'", deployment,
    )[0]["said"]  # fmt: skip
    assert {key: details[key] for key in ("exit_code", "signal") if key in details} == told


def test_the_agent_ends_politely_and_its_run_with_it(rig_lab: RigLab, agents: Agents) -> None:
    rig = agents()
    rig.start()
    deployment = rig_lab.deploy(rig.device_id, script(5, 0, FOREVER))
    until(lambda: len(rig_lab.trials(deployment)) == 5, "trials arrive")
    assert rig.stop() == 0
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"]) == ("failed", "agent_restarted")
    query = "select private.is_online(last_seen_at, last_will_at) as yes from public.devices where device_id = %s"
    until(lambda: not rig_lab.rows(query, rig.device_id)[0]["yes"], "the rig is offline")


def test_two_agents_do_not_share_a_state_directory(rig: RigAgent) -> None:
    second = rig.command("run")
    assert second.returncode == 5
    assert "another agent" in second.stderr


def test_memory_stays_small(rig_lab: RigLab, agents: Agents) -> None:
    rig = agents()
    rig.start()
    deployment = rig_lab.deploy(rig.device_id, script(2000, 0, "\nfor n in range(5000): print('line', n)\n"))
    rig_lab.ended(deployment)
    assert rig.process is not None
    peak = next(
        int(line.split()[1]) for line in Path(f"/proc/{rig.process.pid}/status").read_text().splitlines()
        if line.startswith("VmHWM")
    )  # fmt: skip
    assert peak < 60 * 1024, f"{peak} KiB"
    lines = rig_lab.logs(deployment)
    until(lambda: any("log lines were above the limit" in line["message"] for line in rig_lab.logs(deployment)), "note")
    assert len(lines) < 5000
    assert {f"line {n}" for n in range(4850, 5000)} <= {line["message"] for line in rig_lab.logs(deployment)}


def test_a_trial_that_the_server_refuses_goes_to_quarantine(rig_lab: RigLab, rig: RigAgent) -> None:
    deployment = rig_lab.deploy(rig.device_id, script(0, 0, "\nlics_publisher.save_trial({'response': 'x' * 70000})\n"))
    rig_lab.ended(deployment)
    told = json.loads(rig.command("spool", "--quarantine").stdout)["quarantine"]
    assert [(row["deployment_id"], row["seq"], row["reason"]) for row in told][-1] == (deployment, 1, "too_large")
    assert rig.said()["quarantined"] >= 1
