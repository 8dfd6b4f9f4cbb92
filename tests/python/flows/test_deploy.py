"""Deploying over HTTP: statuses, Idempotency-Key, requests at the same moment, and who may use which route."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import psycopg
import pytest

from flows.lab import Lab, Stack

RPC = "/rest/v1/rpc/"
AT_ONCE = 6


class Bench:
    """A person's client, and a rig's with its token."""

    def __init__(self, stack: Stack, lab: Lab) -> None:
        self.stack = stack
        self.person = httpx.Client(base_url=stack.api_url, headers={"apikey": stack.anon_key}, timeout=20)
        signed = self.person.post(
            "/auth/v1/token", params={"grant_type": "password"}, json={"email": lab.email, "password": lab.password}
        )
        self.person.headers["authorization"] = f"Bearer {signed.json()['access_token']}"
        self.experiment = self.call("save_experiment", p_name="Flow", p_python_code="print(1)").json()["experiment_id"]

    def call(self, name: str, key: str | None = None, **arguments: object) -> httpx.Response:
        """An RPC as the person."""
        return self.person.post(RPC + name, json=arguments, headers={"Idempotency-Key": key} if key else {})

    def new_rig(self) -> tuple[str, httpx.Client]:
        """A registered rig that was heard just now, and its client."""
        mac = f"TEST-{uuid4().hex[:12]}"
        made = self.call("register_device", p_device_mac=mac, p_name="Rig").json()
        rig = httpx.Client(base_url=self.stack.api_url, headers={"apikey": self.stack.anon_key}, timeout=20)
        token = rig.post(RPC + "device_auth", json={"device_api_key": made["device_api_key"]}).json()["access_token"]
        rig.headers["authorization"] = f"Bearer {token}"
        assert rig.post(RPC + "device_heartbeat", json={}).status_code == 200
        return made["device_id"], rig

    def deploy(self, rig: str, key: str | None = None) -> httpx.Response:
        """Deploy the experiment."""
        return self.call("deploy_experiment", key, p_experiment_id=self.experiment, p_device_id=rig)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """A company of its own."""
    stack = Stack()
    lab = Lab(stack, 0)
    yield Bench(stack, lab)
    lab.remove()


def test_a_repeated_request_gets_the_same_run(bench: Bench) -> None:
    rig, _ = bench.new_rig()
    key = str(uuid4())
    first, again, other = bench.deploy(rig, key), bench.deploy(rig, key), bench.deploy(rig, str(uuid4()))
    assert (first.status_code, again.status_code) == (202, 202), first.text
    assert first.json()["deployment_id"] == again.json()["deployment_id"]
    assert first.json()["status"] == "pending"
    assert "python_code" not in first.json()
    assert (other.status_code, other.json()["code"]) == (409, "L0403")
    assert first.json()["deployment_id"] in other.json()["details"]


@pytest.mark.parametrize("same_key", [True, False])
def test_requests_at_the_same_moment_make_one_run(bench: Bench, same_key: bool) -> None:
    rig, _ = bench.new_rig()
    key = str(uuid4())
    keys = [key if same_key else str(uuid4()) for _ in range(AT_ONCE)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda k: bench.deploy(rig, k), keys))
    wanted = [202] * AT_ONCE if same_key else [202] + [409] * (AT_ONCE - 1)
    assert sorted(answer.status_code for answer in answers) == wanted, [answer.text for answer in answers]
    assert len({answer.json()["deployment_id"] for answer in answers if answer.status_code == 202}) == 1
    with psycopg.connect(bench.stack.db_url) as db:
        sent = db.execute(
            "select count(*) from private.mqtt_outbox where device_id = %s and payload ->> 'action' = 'run'", [rig]
        ).fetchone()
    assert sent == (1,)


def test_the_script_is_for_its_rig_alone(bench: Bench) -> None:
    rig, client = bench.new_rig()
    _, stranger = bench.new_rig()
    run = bench.deploy(rig).json()["deployment_id"]
    commands = client.post(RPC + "pending_work", json={}).json()["commands"]
    assert [command["deployment_id"] for command in commands] == [run]
    claimed = client.get(RPC + "claim_deployment", params={"p_deployment_id": run})
    assert (claimed.status_code, claimed.json()["python_code"]) == (200, "print(1)")
    by_experiment = client.get(RPC + "claim_deployment", params={"p_experiment_id": bench.experiment})
    assert by_experiment.json()["deployment_id"] == run
    # the same answer for a run of another rig and for no run
    foreign = stranger.post(RPC + "claim_deployment", json={"p_deployment_id": run})
    absent = stranger.post(RPC + "claim_deployment", json={"p_deployment_id": str(uuid4())})
    assert (foreign.status_code, foreign.json()) == (404, absent.json())


def test_people_and_rigs_have_routes_of_their_own(bench: Bench) -> None:
    rig, client = bench.new_rig()
    run = bench.deploy(rig).json()["deployment_id"]
    assert client.post(RPC + "deploy_experiment", json={
        "p_experiment_id": bench.experiment, "p_device_id": rig
    }).status_code == 403  # fmt: skip
    assert client.post(RPC + "cancel_deployment", json={"p_deployment_id": run}).status_code == 403
    assert bench.call("claim_deployment", p_deployment_id=run).status_code == 403
    assert bench.call("pending_work").status_code == 403


def test_a_stop_again_and_after_the_end(bench: Bench) -> None:
    rig, client = bench.new_rig()
    run = bench.deploy(rig).json()["deployment_id"]
    with psycopg.connect(bench.stack.db_url) as db:
        report = f'[{{"device_id": "{rig}", "deployment_id": "{run}", "kind": "status", "status": "running"}}]'
        db.execute("select private.ingest_run_reports(%s)", [report])
    stopped, again = (bench.call("cancel_deployment", p_deployment_id=run) for _ in range(2))
    assert (stopped.status_code, again.status_code) == (200, 200)
    assert stopped.json()["cancel_requested_at"] == again.json()["cancel_requested_at"] is not None
    (belief,) = client.post(RPC + "pending_work", json={}).json()["runs"]
    assert belief["cancel_requested_at"] is not None
    with psycopg.connect(bench.stack.db_url) as db:
        db.execute("select private.ingest_run_reports(%s)", [report.replace("running", "cancelled")])
    ended = bench.call("cancel_deployment", p_deployment_id=run)
    assert (ended.status_code, ended.json()["code"]) == (409, "L0404")
    assert "cancelled" in ended.json()["details"]
