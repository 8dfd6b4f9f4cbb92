"""The seeds' routes on the real stack: their paths, statuses and bodies; and what they refuse."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

import httpx
import pytest
from agent_lab import RigLab, until

pytest_plugins = ["agent_fixtures"]

NOBODY = "019a0000-0000-7000-8000-0000000000ff"


class Rig:
    """A rig that knows only the seeds."""

    def __init__(self, lab: RigLab) -> None:
        self.mac = f"02:{secrets.token_hex(5)}".replace(":", "")
        shown = ":".join(self.mac[i : i + 2] for i in range(0, 12, 2))
        self.name = f"Seed rig {self.mac}"
        answer = lab.client.post("/api/devices/register", json={"device_id": shown, "name": self.name})
        assert answer.status_code == 201, answer.text
        self.made: dict[str, Any] = answer.json()
        self.client = httpx.Client(base_url=lab.client.base_url, timeout=20)
        token = self.client.post("/api/devices/auth", json={"device_api_key": self.made["device_api_key"]})
        assert token.status_code == 200, token.text
        assert token.json()["token_type"] == "bearer"  # noqa: S105 - no password
        self.client.headers["authorization"] = f"Bearer {token.json()['access_token']}"


@pytest.fixture(scope="module")
def seed_rig(rig_lab: RigLab) -> Rig:
    """One for all tests."""
    return Rig(rig_lab)


@pytest.fixture
def deployment(rig_lab: RigLab, seed_rig: Rig) -> dict[str, Any]:
    """A run of the seed rig, through the seeds' route; the one before is ended."""
    assert seed_rig.client.put("/api/devices/heartbeat", json={"status": "online"}).json() == {"status": "ok"}
    for row in rig_lab.rows(
        "select deployment_id::text from public.experiment_deployments where device_id = %s"
        " and status in ('pending', 'acked', 'running')", seed_rig.made["id"],
    ):  # fmt: skip
        rig_lab.rpc("cancel_deployment", p_deployment_id=row["deployment_id"])
    until(lambda: _is_free(rig_lab, seed_rig), "the rig is free", 60)
    experiment = rig_lab.rpc("save_experiment", p_name="Seed", p_python_code="print('seed')")["experiment_id"]
    answer = rig_lab.client.post(f"/api/experiments/{experiment}/deploy", json={"device_id": seed_rig.made["id"]})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _is_free(lab: RigLab, rig: Rig) -> bool:
    query = (
        "select count(*) as n from public.experiment_deployments where device_id = %s"
        " and status in ('pending', 'acked', 'running')"
    )
    return bool(lab.rows(query, rig.made["id"])[0]["n"] == 0)


def test_register_answers_the_device_and_its_key_once(rig_lab: RigLab, seed_rig: Rig) -> None:
    made = seed_rig.made
    uuid.UUID(made["id"])
    assert (made["device_id"], made["name"], made["status"]) == (seed_rig.mac.upper(), seed_rig.name, "offline")
    assert made["device_api_key"].startswith("lics_")
    again = rig_lab.client.post("/api/devices/register", json={"device_id": seed_rig.mac, "name": "Again"})
    assert (again.status_code, again.json()["code"]) == (409, "L0202")


def test_devices_are_listed_with_their_state(rig_lab: RigLab, seed_rig: Rig) -> None:
    assert seed_rig.client.put("/api/devices/heartbeat", json={"status": "online"}).status_code == 200
    answer = rig_lab.client.get("/api/devices")
    assert answer.status_code == 200
    (row,) = (row for row in answer.json() if row["id"] == seed_rig.made["id"])
    assert (row["device_id"], row["status"]) == (seed_rig.mac.upper(), "online")
    assert row["last_seen"] is not None
    assert "device_api_key" not in row


def test_a_run_from_deploy_to_script_and_results(
    rig_lab: RigLab, seed_rig: Rig, deployment: dict[str, Any]
) -> None:
    assert deployment["status"] == "pending"
    assert deployment["device_id"] == seed_rig.made["id"]
    script = seed_rig.client.get(f"/api/experiments/{deployment['experiment_id']}/script")
    assert (script.status_code, script.json()["python_code"]) == (200, "print('seed')")
    listed = rig_lab.client.get("/api/deployments", params={"limit": 5}).json()
    (row,) = (row for row in listed if row["id"] == deployment["id"])
    assert (row["experiments"]["name"], row["devices"]["name"]) == ("Seed", seed_rig.name)
    assert rig_lab.client.get(f"/api/deployments/{deployment['id']}/results").json() == []


def test_all_results_come_in_the_order_of_the_trials(
    rig_lab: RigLab, seed_rig: Rig, deployment: dict[str, Any]
) -> None:
    rig_lab.rows(
        "select count(*) from private.ingest_trials((select jsonb_agg(jsonb_build_object('device_id', %s::text,"
        " 'deployment_id', %s::text, 'seq', n, 'trial_number', 2500 - n, 'started_at', '2026-03-01T10:00:00Z',"
        " 'ended_at', '2026-03-01T10:00:01Z')) from generate_series(1, 2300) as n))",
        seed_rig.made["id"], deployment["id"],
    )  # fmt: skip
    rows = rig_lab.client.get(f"/api/deployments/{deployment['id']}/results").json()
    assert [row["trial_number"] for row in rows] == list(range(200, 2500))
    assert len({row["id"] for row in rows}) == 2300
    page = rig_lab.client.get(f"/api/deployments/{deployment['id']}/results", params={"limit": 3, "offset": 2}).json()
    assert [row["trial_number"] for row in page] == [202, 203, 204]


def test_logs_are_the_newest_in_the_order_of_time(
    rig_lab: RigLab, seed_rig: Rig, deployment: dict[str, Any]
) -> None:
    rig_lab.rows(
        "select count(*) from private.ingest_logs((select jsonb_agg(jsonb_build_object('device_id', %s::text,"
        " 'deployment_id', %s::text, 'level', 'INFO', 'message', 'line ' || n, 'line_no', n,"
        " 'at', '2026-03-01T10:00:00Z'::timestamptz + n * interval '1 second')) from generate_series(1, 130) as n))",
        seed_rig.made["id"], deployment["id"],
    )  # fmt: skip
    rows = rig_lab.client.get(f"/api/devices/{seed_rig.made['id']}/logs").json()
    assert [row["message"] for row in rows] == [f"line {number}" for number in range(31, 131)]
    few = rig_lab.client.get(f"/api/devices/{seed_rig.made['id']}/logs", params={"limit": 2}).json()
    assert [row["message"] for row in few] == ["line 129", "line 130"]


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "many", "1.5", "²"])
def test_a_limit_out_of_range_is_told(rig_lab: RigLab, seed_rig: Rig, limit: str) -> None:
    answer = rig_lab.client.get(f"/api/devices/{seed_rig.made['id']}/logs", params={"limit": limit})
    assert (answer.status_code, answer.json()["code"]) == (400, "L0501")


PEOPLE = [
    ("GET", "/api/devices", None), ("GET", "/api/deployments", None),
    ("GET", f"/api/deployments/{NOBODY}/results", None), ("GET", f"/api/devices/{NOBODY}/logs", None),
    ("POST", f"/api/experiments/{NOBODY}/deploy", {"device_id": NOBODY}),
]  # fmt: skip
DEVICES = [("PUT", "/api/devices/heartbeat", {"status": "online"}), ("GET", f"/api/experiments/{NOBODY}/script", None)]


@pytest.mark.parametrize(("method", "path", "body"), PEOPLE)
def test_a_rig_has_no_persons_route_and_nobody_has_none(
    rig_lab: RigLab, seed_rig: Rig, method: str, path: str, body: Any
) -> None:
    refused = seed_rig.client.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "L0002"), refused.text
    nobody = httpx.request(method, f"{rig_lab.client.base_url}{path}", json=body, timeout=20)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "L0001"), nobody.text
    forged = httpx.request(
        method, f"{rig_lab.client.base_url}{path}", json=body, timeout=20, headers={"authorization": "Bearer e.y.J"}
    )
    assert forged.status_code == 401, forged.text


@pytest.mark.parametrize(("method", "path", "body"), DEVICES)
def test_a_person_has_no_rigs_route(rig_lab: RigLab, method: str, path: str, body: Any) -> None:
    refused = rig_lab.client.request(method, path, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "L0002"), refused.text


def test_what_is_not_there_is_404_and_what_is_wrong_says_so(rig_lab: RigLab, seed_rig: Rig) -> None:
    client = rig_lab.client
    assert client.get(f"/api/deployments/{NOBODY}/results").status_code == 404
    assert client.get(f"/api/devices/{NOBODY}/logs").status_code == 404
    assert client.get("/api/devices/no-id/logs").status_code == 404
    unknown = client.post(f"/api/experiments/{NOBODY}/deploy", json={"device_id": seed_rig.made["id"]})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "L0003")
    assert seed_rig.client.get(f"/api/experiments/{NOBODY}/script").status_code == 404
    wrong = client.post(f"/api/experiments/{NOBODY}/deploy", json={})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "L0501")
    assert "device_id" in wrong.json()["details"]
    odd = client.post(f"/api/experiments/{NOBODY}/deploy", json={"device_id": "no-id"})
    assert (odd.status_code, odd.json()["code"]) == (422, "L0501")
    text = client.post("/api/devices/register", content=b"{", headers={"content-type": "application/json"})
    assert (text.status_code, text.json()["code"]) == (422, "L0501")
    key = httpx.post(f"{client.base_url}/api/devices/auth", json={"device_api_key": "lics_no_no"}, timeout=20)
    assert key.status_code == 401
    busy_or_offline = client.post("/api/devices/register", json={"device_id": "no mac", "name": "x"})
    assert (busy_or_offline.status_code, busy_or_offline.json()["code"]) == (422, "L0201")


def test_the_same_request_twice_is_one_run(rig_lab: RigLab, seed_rig: Rig, deployment: dict[str, Any]) -> None:
    rig_lab.rpc("cancel_deployment", p_deployment_id=deployment["id"])
    until(lambda: _is_free(rig_lab, seed_rig), "the rig is free", 60)
    headers = {"idempotency-key": secrets.token_hex(8)}
    path = f"/api/experiments/{deployment['experiment_id']}/deploy"
    first, second = (
        rig_lab.client.post(path, json={"device_id": seed_rig.made["id"]}, headers=headers).json() for _ in range(2)
    )
    assert first["id"] == second["id"]
