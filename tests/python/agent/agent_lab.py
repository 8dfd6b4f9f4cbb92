"""A lab with rigs: a company of its own on the running stack, and agents as processes of their own.

This folder is no package, since its name is the agent's; the fixtures are in `agent_fixtures`.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
from flows.lab import Lab, Stack
from psycopg.rows import dict_row

ROOT = Path(__file__).resolve().parents[3]
LIMIT_S = 20.0
Row = dict[str, Any]

CONFIG = """[default]
backend_url = {backend_url}
anon_key = {anon_key}
mqtt_broker = {host}
mqtt_port = {port}
state_dir = {state}
heartbeat_s = 1
poll_s = 2
resend_s = 2
claim_s = 5
grace_s = 1
kill_s = 1
min_free_mb = 1
{more}
"""


def until(condition: Callable[[], Any], words: str, limit_s: float = LIMIT_S) -> Any:
    """Wait for a condition and answer what it answered; fail with the given words when it does not come."""
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"did not happen within {limit_s:.0f} s: {words}"
        time.sleep(0.03)
    return found


class RigLab:
    """The company's admin, its experiments, and the owner's view of the database."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.lab = Lab(stack, 0)
        self.db = psycopg.connect(stack.db_url, autocommit=True, row_factory=dict_row)
        self.client = httpx.Client(base_url=stack.api_url, headers={"apikey": stack.anon_key}, timeout=20)
        answer = self.client.post(
            "/auth/v1/token", params={"grant_type": "password"},
            json={"email": self.lab.email, "password": self.lab.password},
        )  # fmt: skip
        assert answer.status_code == 200, answer.text
        self.client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"

    def reconnect(self) -> None:
        """After a server that died: wait until it takes connections again."""

        def connected() -> bool:
            try:
                self.db = psycopg.connect(self.stack.db_url, autocommit=True, row_factory=dict_row)
            except psycopg.OperationalError:
                return False
            return True

        until(connected, "PostgreSQL is back", 60)

    def rpc(self, name: str, **arguments: Any) -> Any:
        """One call as the admin."""
        answer = self.client.post(f"/rest/v1/rpc/{name}", json=arguments)
        assert answer.status_code in {200, 202}, answer.text
        return answer.json()

    def rows(self, query: str, *values: Any) -> list[Row]:
        """As the owner."""
        return self.db.execute(query.encode(), values).fetchall()

    def token(self) -> str:
        """An enrolment token."""
        return str(self.rpc("create_enrolment_token")["enrolment_token"])

    def deploy(self, device_id: str, script: str, **more: Any) -> str:
        """A new experiment with this script, on this rig; the deployment."""
        experiment = self.rpc("save_experiment", p_name=f"Test {secrets.token_hex(3)}", p_python_code=script)
        run = self.rpc("deploy_experiment", p_experiment_id=experiment["experiment_id"], p_device_id=device_id, **more)
        return str(run["deployment_id"])

    def run(self, deployment: str) -> Row:
        """The run's row."""
        return self.rows("select * from public.experiment_deployments where deployment_id = %s", deployment)[0]

    def ended(self, deployment: str, limit_s: float = LIMIT_S) -> Row:
        """Wait for its end."""
        return until(lambda: (row := self.run(deployment))["completed_at"] and row, f"{deployment} ends", limit_s)  # type: ignore[no-any-return]

    def has(self, deployment: str, status: str) -> None:
        """Wait for a state."""
        until(lambda: self.run(deployment)["status"] == status, f"{deployment} is {status}")

    def trials(self, deployment: str) -> list[Row]:
        """What is stored, every row."""
        query = "select * from public.trial_results where deployment_id = %s order by seq, rev, trial_number"
        return self.rows(query, deployment)

    def logs(self, deployment: str) -> list[Row]:
        """Its log lines."""
        return self.rows("select * from public.device_logs where deployment_id = %s order by line_no", deployment)

    def events(self, deployment: str, event: str) -> int:
        """How often the agent reported this."""
        return len(self.rows(
            "select from public.deployment_events where deployment_id = %s and event = %s and source = 'agent'",
            deployment, event,
        ))  # fmt: skip

    def close(self) -> None:
        """Nobody may use the accounts any more."""
        self.lab.remove()
        self.client.close()
        self.db.close()


@dataclass
class RigAgent:
    """`python -m agent` with a state directory of its own."""

    lab: RigLab
    folder: Path
    port: int
    more: str = ""
    device_id: str = ""
    process: subprocess.Popen[bytes] | None = None
    config: Path = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.folder / "config.ini"
        self.state = self.folder / "state"
        self.write_config()

    def write_config(self) -> None:
        """`config.ini`."""
        stack = self.lab.stack
        self.config.write_text(CONFIG.format(
            backend_url=stack.api_url, anon_key=stack.anon_key, host=stack.mqtt_host, port=self.port,
            state=self.state, more=self.more,
        ))  # fmt: skip

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One `lics-agent` command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "agent", "--config", str(self.config), *arguments], cwd=ROOT, env=_environment(),
            capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip

    def register(self) -> None:
        """With a fresh token."""
        mac = "02" + secrets.token_hex(5)
        done = self.command("register", "--token", self.lab.token(), "--name", f"Rig {mac}", "--mac", mac)
        assert done.returncode == 0, done.stderr
        self.device_id = json.loads(done.stdout)["device_id"]

    def start(self, *, online: bool = True, environment: dict[str, str] | None = None) -> None:
        """Start; wait until the server has heard it."""
        with (self.folder / "agent.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agent", "--config", str(self.config), "run"], cwd=ROOT,
                env=_environment() | (environment or {}), stdout=log, stderr=log,
            )  # fmt: skip
        if online:
            until(lambda: self.said().get("connected"), f"the agent is connected\n{self.log()}")
            query = (
                "select private.is_online(last_seen_at, last_will_at) as yes from public.devices where device_id = %s"
            )
            until(lambda: self.lab.rows(query, self.device_id)[0]["yes"], "the rig is online")

    def said(self) -> dict[str, Any]:
        """`lics-agent status`; nothing where no agent runs."""
        from agent import control  # noqa: PLC0415 - the package under test, after its name is free

        return control.ask(self.state, "status") or {}

    def log(self) -> str:
        """What it wrote for a person."""
        return (self.folder / "agent.log").read_text()

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)
        self.process = None

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(40)
        self.process = None
        return code

    def run_folder(self, deployment: str) -> Path:
        """Where the script runs."""
        return self.state / "runs" / deployment

    def ledger(self, deployment: str) -> list[dict[str, Any]]:
        """What the script noted about its own trials."""
        path = self.run_folder(deployment) / "ledger.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


Agents = Callable[..., RigAgent]
"""Makes registered agents: (port of the broker, more settings)."""


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LICS_")}
