"""An agent on the real stack: from a token to trials in the database that equal what the script wrote."""

from __future__ import annotations

import base64
import hashlib
import random
import stat

from agent_lab import RigAgent, RigLab, until

pytest_plugins = ["agent_fixtures"]

SCRIPT = """
import json, signal, sys, time
import lics_publisher

def measure(number):
    trial = {"trial_number": number // 2, "response": {"key": "f"}, "reaction_time": 400.5 + number,
             "correct": number % 2, "custom_data": {"block": number // 2}, "stimulus": "left"}
    # an end between the two lines would make the ledger lie
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    lics_publisher.save_trial(trial)
    with open("ledger.jsonl", "a") as ledger:
        ledger.write(json.dumps(trial) + "\\n")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})

print("hello from the script")
print("careful", file=sys.stderr)
for number in range(TRIALS):
    measure(number)
    time.sleep(PAUSE)
"""


def script(trials: int, pause: float = 0.0, then: str = "") -> str:
    """A plain Python script that keeps a ledger of its own."""
    return SCRIPT.replace("TRIALS", str(trials)).replace("PAUSE", str(pause)) + then


def assert_ledger_is_database(lab: RigLab, rig: RigAgent, deployment: str) -> int:
    """Every trial that the script saved is one row, in its order, with its values."""
    written = rig.ledger(deployment)
    until(lambda: len(lab.trials(deployment)) >= len(written), "all trials are stored")
    until(lambda: rig.said().get("spool_depth") == 0, "all trials are confirmed")
    stored = lab.trials(deployment)
    assert [row["seq"] for row in stored] == list(range(1, len(written) + 1))
    for row, trial in zip(stored, written, strict=True):
        assert row["trial_number"] == trial["trial_number"]
        assert row["response"] == trial["response"]
        assert row["reaction_time"] == trial["reaction_time"]
        assert row["correct"] is bool(trial["correct"])
        assert row["custom_data"] == {**trial["custom_data"], "stimulus": "left"}
        assert row["started_at"] <= row["ended_at"]
    return len(written)


def test_a_deployed_script_runs_and_its_trials_arrive(rig_lab: RigLab, rig: RigAgent) -> None:
    assert stat.S_IMODE((rig.state / "credentials.ini").stat().st_mode) == 0o600
    deployment = rig_lab.deploy(rig.device_id, script(120), p_params={"speed": 2}, p_subject_id="S 7")
    row = rig_lab.ended(deployment)
    assert (row["status"], row["reason_code"], row["ended_by"]) == ("completed", None, "agent")
    assert row["acked_at"] <= row["started_at"] <= row["completed_at"]
    assert assert_ledger_is_database(rig_lab, rig, deployment) == 120
    assert not any(trial["late"] for trial in rig_lab.trials(deployment))
    assert rig_lab.run(deployment)["completeness"] == "complete"
    until(lambda: len(rig_lab.logs(deployment)) == 2, "both lines are stored")
    assert {(line["level"], line["message"], line["stream"]) for line in rig_lab.logs(deployment)} == {
        ("INFO", "hello from the script", "stdout"), ("WARNING", "careful", "stderr")
    }  # fmt: skip
    assert (rig_lab.events(deployment, "running"), rig_lab.events(deployment, "completed")) == (1, 1)


READS = """
import hashlib
import lics_publisher
from pathlib import Path
lics_publisher.save_trial({"response": hashlib.sha256(Path("stimuli/big file.bin").read_bytes()).hexdigest()})
"""


def test_a_run_finds_its_files_beside_it(rig_lab: RigLab, rig: RigAgent) -> None:
    content = random.Random(3).randbytes(3 * 1024 * 1024)
    experiment = rig_lab.rpc("save_experiment", p_name="With a file", p_python_code=READS)["experiment_id"]
    rig_lab.rpc(
        "save_experiment_file", p_experiment_id=experiment, p_path="stimuli/big file.bin",
        p_content_base64=base64.b64encode(content).decode(),
    )  # fmt: skip
    run = rig_lab.rpc("deploy_experiment", p_experiment_id=experiment, p_device_id=rig.device_id)
    row = rig_lab.ended(run["deployment_id"], 60)
    assert row["status"] == "completed", row["error_log"]
    until(lambda: rig_lab.trials(run["deployment_id"]), "its trial is stored")
    assert rig_lab.trials(run["deployment_id"])[0]["response"] == hashlib.sha256(content).hexdigest()
