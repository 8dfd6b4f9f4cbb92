"""A rig's run while things break: what its script wrote down equals the database, every time."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from pathlib import Path

import paho.mqtt.client as paho
import psycopg
import pytest
from agent_lab import Agents, RigAgent, RigLab, until
from edge.conftest import Proxy
from paho.mqtt.enums import CallbackAPIVersion

from faults.victims import VICTIMS, process_away

pytest_plugins = ["agent_fixtures"]
pytestmark = pytest.mark.timeout(240)

PATIENCE_S = 90.0
TRIALS = 400
OUTAGE_S = float(os.environ.get("OUTAGE_S", "5"))
"""How long the database is away; `make soak` has it away for two minutes."""

SCRIPT = """
import json, time
import lics_publisher
with open(PATH, "a") as ledger:
    for number in range(1, COUNT + 1):
        lics_publisher.save_trial({"trial_number": number, "reaction_time": number / 4})
        ledger.write(json.dumps(number) + "\\n")
        ledger.flush()
        time.sleep(0.01)
"""


def script(ledger: Path, count: int = TRIALS) -> str:
    """Trials of four seconds, each noted in a file of the script's own that no fault reaches."""
    return SCRIPT.replace("PATH", repr(str(ledger))).replace("COUNT", str(count))


def noted(ledger: Path) -> list[int]:
    """What the script wrote down."""
    return [json.loads(line) for line in ledger.read_text().splitlines()] if ledger.exists() else []


def deploy(lab: RigLab, rig: RigAgent, code: str) -> str:
    """Deploy; the rig may be offline for a moment after the last fault."""
    query = "select private.is_online(last_seen_at, last_will_at) as yes from public.devices where device_id = %s"
    until(lambda: lab.rows(query, rig.device_id)[0]["yes"], "the rig is online", PATIENCE_S)
    return lab.deploy(rig.device_id, code)


def is_whole(lab: RigLab, deployment: str, ledger: Path) -> None:
    """Each trial once, in its order, with its value; and the run knows that it is whole."""
    until(lambda: _safely(lambda: len(lab.trials(deployment)) >= len(noted(ledger))), "all trials arrive", PATIENCE_S)
    until(lambda: _safely(lambda: lab.run(deployment)["completeness"] == "complete"), "the run is whole", PATIENCE_S)
    stored = lab.trials(deployment)
    assert [(row["seq"], row["trial_number"], row["reaction_time"]) for row in stored] == [
        (number, number, number / 4) for number in noted(ledger)
    ]
    assert lab.run(deployment)["status"] == "completed"


def _safely(question: Callable[[], bool]) -> bool:
    """PostgreSQL may be on its way back."""
    try:
        return question()
    except Exception as error:
        if "connection" in str(error) or "terminat" in str(error) or "closed" in str(error):
            return False
        raise


@pytest.mark.parametrize("victim", sorted(VICTIMS))
def test_a_part_of_the_server_dies_twice_in_mid_run(
    rig_lab: RigLab, agents: Agents, tmp_path: Path, victim: str
) -> None:
    rig = agents()
    rig.start()
    ledger = tmp_path / "ledger"
    deployment = deploy(rig_lab, rig, script(ledger))
    stack = rig_lab.stack
    for count in (TRIALS // 8, TRIALS // 2):
        until(lambda count=count: len(noted(ledger)) >= count, f"{count} trials are made", PATIENCE_S)  # type: ignore[misc]
        VICTIMS[victim](stack)
    rig_lab.reconnect()
    is_whole(rig_lab, deployment, ledger)


def test_the_database_is_away(rig_lab: RigLab, agents: Agents, tmp_path: Path) -> None:
    rig = agents()
    rig.start()
    ledger = tmp_path / "ledger"
    deployment = deploy(rig_lab, rig, script(ledger))
    until(lambda: len(noted(ledger)) >= TRIALS // 4, "trials are made", PATIENCE_S)
    with process_away("postgres", rig_lab.stack.home):
        back_at = time.monotonic() + OUTAGE_S
        until(lambda: len(noted(ledger)) == TRIALS, "the script goes on without a server", PATIENCE_S)
        until(lambda: time.monotonic() >= back_at, "the outage is over", OUTAGE_S + 1)
        # the outage was one: nobody could have stored anything
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(rig_lab.stack.db_url, connect_timeout=5)
    rig_lab.reconnect()
    is_whole(rig_lab, deployment, ledger)


def test_the_agent_is_killed_and_the_network_is_away(rig_lab: RigLab, agents: Agents, tmp_path: Path) -> None:
    proxy = Proxy(rig_lab.stack.mqtt_port)
    try:
        rig = agents(port=proxy.port)
        rig.start()
        ledger = tmp_path / "ledger"
        deployment = deploy(rig_lab, rig, script(ledger))
        until(lambda: len(noted(ledger)) >= TRIALS // 4, "trials are made", PATIENCE_S)
        proxy.cut()
        until(lambda: len(noted(ledger)) >= TRIALS // 2, "trials are made without a network", PATIENCE_S)
        rig.kill()
        rig.start(online=False)
        proxy.mend()
        row = rig_lab.ended(deployment, PATIENCE_S)
        assert (row["status"], row["reason_code"]) == ("failed", "agent_restarted")
        until(lambda: len(rig_lab.trials(deployment)) >= len(noted(ledger)), "all trials arrive", PATIENCE_S)
        stored = [row["trial_number"] for row in rig_lab.trials(deployment)]
        # the script may have been ended between a trial and its line in the ledger
        assert stored[: len(noted(ledger))] == noted(ledger)
        assert len(stored) - len(noted(ledger)) <= 1
    finally:
        proxy.end()


def test_deliveries_in_any_order_and_twice_are_each_trial_once(rig_lab: RigLab, agents: Agents) -> None:
    rig = agents()
    rig.start()
    deployment = deploy(rig_lab, rig, "import time\ntime.sleep(600)\n")
    rig_lab.has(deployment, "running")
    chance = random.Random(7)
    messages = [
        {
            "deployment_id": deployment, "seq": seq, "trial_number": seq, "reaction_time": seq / 4,
            "started_at": "2026-03-01T10:00:00Z", "ended_at": "2026-03-01T10:00:01Z",
        }
        for seq in range(1, 201) for _ in range(2)
    ]  # fmt: skip
    chance.shuffle(messages)
    credentials = ConfigParser()
    credentials.read(rig.state / "credentials.ini")
    key = next(section["device_api_key"] for section in credentials.values() if "device_api_key" in section)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"twice-{rig.device_id}")
    client.username_pw_set(rig.device_id, key)
    client.connect("127.0.0.1", rig_lab.stack.mqtt_port)
    client.loop_start()
    sent = [client.publish(f"devices/{rig.device_id}/data", json.dumps(message), qos=1) for message in messages]
    for info in sent:
        info.wait_for_publish(60)
    client.disconnect()
    client.loop_stop()
    until(lambda: len(rig_lab.trials(deployment)) == 200, "all trials arrive", PATIENCE_S)
    query = "select received, duplicates, conflicts from private.deployment_streams where deployment_id = %s"
    until(lambda: rig_lab.rows(query, deployment)[0]["duplicates"] == 200, "the repeats are counted", PATIENCE_S)
    assert rig_lab.rows(query, deployment)[0]["conflicts"] == 0
    assert [row["seq"] for row in rig_lab.trials(deployment)] == list(range(1, 201))
    rig_lab.rpc("cancel_deployment", p_deployment_id=deployment)


WITHOUT_CLOCK = """
import datetime, time
_real = time.time
AWAY = 1.7e9
time.time = lambda: _real() - AWAY
class _Away(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)
datetime.datetime = _Away
"""


def test_a_rig_whose_clock_reads_1970s(rig_lab: RigLab, agents: Agents, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_CLOCK)
    rig = agents()
    rig.start(environment={"PYTHONPATH": str(tmp_path)})
    ledger = tmp_path / "ledger"
    deployment = deploy(rig_lab, rig, script(ledger, 40))
    is_whole(rig_lab, deployment, ledger)
    row = rig_lab.run(deployment)
    # these are times of the server's clock
    assert row["deployed_at"] <= row["acked_at"] <= row["started_at"] <= row["completed_at"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", folder], check=False).returncode == 0
    if not mounted:
        pytest.skip("a small file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_loses_nothing(rig_lab: RigLab, agents: Agents, tmp_path: Path, small_disk: Path) -> None:
    rig = agents()
    rig.state = _moved(rig, small_disk)
    rig.start()
    ledger = tmp_path / "ledger"
    deployment = deploy(rig_lab, rig, script(ledger))
    until(lambda: len(rig_lab.trials(deployment)) > 20, "trials arrive", PATIENCE_S)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    until(lambda: len(noted(ledger)) == TRIALS, "the script ends while the disk is full", PATIENCE_S)
    filler.unlink()
    is_whole(rig_lab, deployment, ledger)


def _moved(rig: RigAgent, disk: Path) -> Path:
    """Its state on the small disk."""
    state = disk / "state"
    shutil.copytree(rig.state, state)
    rig.config.write_text(rig.config.read_text().replace(str(rig.state), str(state)))
    return state

