"""A researcher's day, through the public API alone, with the demo's rig: a real agent with PsychoPy under Xvfb.

Upload, compile, deploy, see trials arrive, stop a run, download. What is stored equals PsychoPy's own file.
"""

import asyncio
import base64
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from trial_csv import assert_same, own_file

from e2e.conftest import Stack

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).resolve().parents[2]
PSYCHOPY = ROOT / ".venv-psychopy" / "bin" / "python"
DEMOS = next((ROOT / ".venv-psychopy" / "lib").glob("python3.*/site-packages/psychopy/demos"))
RIG = "019a0000-0000-7000-8000-00000000d003"
LONGEST = 30
"""Trials of the longest demo, which is watched while it runs."""
STEP_S, LIMIT_S = 0.2, 150.0
READ = "import sys, pandas; t = pandas.read_csv(sys.argv[1]); print(len(t), t.trial_number.max(), *t.columns[:5])"
READ_IN_R = (
    "options(warn = 2); t <- read.csv(commandArgs(TRUE)[1]);"
    " cat(nrow(t), max(t$trial_number), names(t)[1:5])"
)
Row = dict[str, Any]


@dataclass
class Lab:
    """The researcher's client, and the rig's folder, which only the test looks into."""

    client: httpx.AsyncClient
    runs: Path

    async def rpc(self, name: str, **arguments: Any) -> Row:
        """One call."""
        answer = await self.client.post(f"/rest/v1/rpc/{name}", json=arguments)
        assert answer.status_code in {200, 202}, f"{name}: {answer.text}"
        found: Row = answer.json()
        return found

    async def rows(self, query: str) -> list[Row]:
        """One read."""
        answer = await self.client.get(f"/rest/v1/{query}")
        assert answer.status_code == 200, answer.text
        found: list[Row] = answer.json()
        return found

    async def until(self, query: str, wanted: Any, words: str) -> Row:
        """Wait until the one row of a query is as wanted."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                (row,) = await self.rows(query)
                if wanted(row):
                    return row
                await asyncio.sleep(STEP_S)
        raise AssertionError(words)

    async def upload(self, name: str, source: Path) -> str:
        """A Builder's file with all that lies beside it, or a script; the experiment, compiled."""
        text = (await asyncio.to_thread(source.read_bytes)).decode("utf-8-sig")
        kind = "p_source_text" if source.suffix == ".psyexp" else "p_python_code"
        experiment = str((await self.rpc("save_experiment", p_name=name, **{kind: text}))["experiment_id"])
        if source.suffix == ".psyexp":
            for file in sorted(path for path in source.parent.rglob("*") if path.is_file() and path != source):
                path, content = file.relative_to(source.parent).as_posix(), base64.b64encode(file.read_bytes()).decode()
                await self.rpc(
                    "save_experiment_file", p_experiment_id=experiment, p_path=path, p_content_base64=content
                )
            row = await self.until(
                f"experiments?experiment_id=eq.{experiment}&select=compile_status,compile_error,script_sha256,source_sha256",
                lambda row: row["compile_status"] != "pending", "the experiment is compiled",
            )  # fmt: skip
            assert (row["compile_status"], row["compile_error"]) == ("compiled", None)
            assert row["script_sha256"] != row["source_sha256"]
        return experiment

    async def deploy(self, experiment: str, **more: Any) -> str:
        """On the demo's rig."""
        run = await self.rpc("deploy_experiment", p_experiment_id=experiment, p_device_id=RIG, **more)
        return str(run["deployment_id"])

    async def ended(self, deployment: str) -> Row:
        """Its row, after its end and after all that it had to say."""
        return await self.until(
            f"experiment_deployments?deployment_id=eq.{deployment}&select=status,completeness,reason_code,error_log,started_at",
            lambda row: row["status"] not in {"pending", "acked", "running"}, "the run ends",
        )  # fmt: skip

    async def trials(self, deployment: str) -> list[Row]:
        """All rows of the run, newest revisions."""
        return await self.rows(f"trial_current?deployment_id=eq.{deployment}&order=seq&limit=1000")

    async def arrive(self, deployment: str, count: int) -> None:
        """Wait until so many trials are there while the run goes on."""
        async with asyncio.timeout(LIMIT_S):
            while len(await self.trials(deployment)) < count:
                (row,) = await self.rows(f"experiment_deployments?deployment_id=eq.{deployment}&select=status")
                assert row["status"] in {"pending", "acked", "running"}, row
                await asyncio.sleep(STEP_S)


@pytest.fixture(scope="module")
def rig(stack: Stack) -> Iterator[Path]:
    """The rig of `make up`, with a quicker participant; the folders of its runs."""
    log = (stack.home / "log" / "demo-rig.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "lics", "demo-rig", "--keys", "Left,Down,Right,space,s", "--every", "0.15"],
        cwd=ROOT, env=os.environ, stdout=log, stderr=log,
    )  # fmt: skip
    yield stack.home / "rig" / "state" / "runs"
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    log.close()


@pytest.fixture
async def lab(stack: Stack, rig: Path) -> AsyncIterator[Lab]:
    """A member, signed in; the rig is online."""
    async with httpx.AsyncClient(base_url=stack.api_url, headers={"apikey": stack.anon_key}, timeout=30) as client:
        email, password = stack.person("member")
        answer = await client.post(
            "/auth/v1/token", params={"grant_type": "password"}, json={"email": email, "password": password}
        )
        assert answer.status_code == 200, answer.text
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        found = Lab(client, rig)
        await found.until(
            f"device_states?device_id=eq.{RIG}&select=state", lambda row: row["state"] != "offline", "the rig is online"
        )
        yield found


@pytest.mark.parametrize(
    ("demo", "trials"),
    [
        ("builder/Experiments/stroop/stroop.psyexp", LONGEST),
        ("builder/Experiments/GoNoGo/gng.psyexp", 12),
        ("builder/Feature Demos/progress/progressBar.psyexp", 5),
        # its staircases end by chance: its own file says how many there were
        ("coder/experiment control/experimentHandler.py", None),
    ],
)
async def test_an_unmodified_demo_is_stored_as_in_its_own_file(
    lab: Lab, demo: str, trials: int | None, tmp_path: Path
) -> None:
    experiment = await lab.upload(f"Demo {Path(demo).stem}", DEMOS / demo)
    deployment = await lab.deploy(experiment, p_subject_id="S 7", p_params={"session": "003"})
    if trials == LONGEST:
        await lab.arrive(deployment, 3)
    row = await lab.ended(deployment)
    assert (row["status"], row["completeness"]) == ("completed", "complete"), row["error_log"]
    stored = await lab.trials(deployment)
    table = own_file(lab.runs / deployment)
    measured = sum(trial["kind"] == "trial" for trial in stored)
    assert measured == (len(table) if trials is None else trials)
    assert [trial["seq"] for trial in stored] == list(range(1, len(stored) + 1))
    assert_same(table, stored)
    # what comes out is read without a warning
    answer = await lab.client.get(f"/api/deployments/{deployment}/export/csv")
    assert answer.status_code == 200, answer.text
    file = tmp_path / "results.csv"
    file.write_bytes(answer.content)
    for command in ([PSYCHOPY, "-W", "error", "-c", READ], ["Rscript", "--vanilla", "-e", READ_IN_R]):
        read = await asyncio.to_thread(
            subprocess.run, [*command, file], check=False, capture_output=True, text=True, timeout=120
        )
        assert (read.returncode, read.stderr) == (0, "")
        assert read.stdout.split() == [
            str(measured), str(max(trial["trial_number"] for trial in stored if trial["kind"] == "trial")),
            "trial_number", "started_at", "ended_at", "reaction_time", "correct",
        ]  # fmt: skip


async def test_a_run_is_stopped_and_says_so(lab: Lab) -> None:
    experiment = await lab.upload("Demo to stop", DEMOS / "builder/Experiments/stroop/stroop.psyexp")
    deployment = await lab.deploy(experiment)
    await lab.arrive(deployment, 2)
    await lab.rpc("cancel_deployment", p_deployment_id=deployment)
    row = await lab.ended(deployment)
    assert (row["status"], row["reason_code"]) == ("cancelled", "operator")
    assert row["completeness"] != "complete"
    stored = await lab.trials(deployment)
    assert_same(own_file(lab.runs / deployment), stored)


async def test_a_source_that_cannot_be_compiled_is_refused_in_words(lab: Lab) -> None:
    broken = await lab.rpc("save_experiment", p_name="Broken", p_source_text="<PsychoPy2experiment")
    experiment = broken["experiment_id"]
    row = await lab.until(
        f"experiments?experiment_id=eq.{experiment}&select=compile_status,compile_error",
        lambda row: row["compile_status"] != "pending", "the compiler answers",
    )  # fmt: skip
    assert row["compile_status"] == "failed"
    assert "psyexpCompile ended with code" in row["compile_error"]
    answer = await lab.client.post(
        "/rest/v1/rpc/deploy_experiment", json={"p_experiment_id": experiment, "p_device_id": RIG}
    )
    assert answer.status_code == 409
    assert answer.json()["message"].startswith("not_compiled")
    assert "psyexpCompile" in answer.json()["details"]
