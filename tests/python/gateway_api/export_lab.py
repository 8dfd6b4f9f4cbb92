"""Runs with trials, written as the edge writes them, and their downloads."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg

from gateway_api.world import Person, World

RUN = """
with made as (
    insert into public.devices (company_id, device_mac, name, kind)
    values (%(company)s, 'TEST-' || upper(left(replace(%(key)s, '-', ''), 12)), 'Export rig', 'rig')
    returning device_id
),

script as (
    insert into public.experiments (company_id, name, python_code)
    values (%(company)s, 'Export', 'print(1)')
    returning experiment_id
)

insert into public.experiment_deployments (
    company_id, experiment_id, device_id, status, experiment_version, python_code, script_sha256, subject_id, started_at
)
select
    %(company)s, script.experiment_id, made.device_id, %(status)s, 1, 'print(1)', private.sha256_hex('print(1)'),
    'M7', '2026-03-01T09:00:00Z'
from made, script
returning deployment_id, device_id
"""


class Run:
    """A run of company a."""

    def __init__(self, lab: Lab, deployment_id: UUID, device_id: UUID) -> None:
        self._lab = lab
        self.deployment_id = deployment_id
        self.device_id = device_id

    def add(self, *trials: dict[str, Any]) -> Run:
        """Stores trials as the edge does; what a trial does not say has a default."""
        items = [
            {
                "device_id": str(self.device_id),
                "deployment_id": str(self.deployment_id),
                "seq": None,
                "trial_number": 1,
                "started_at": "2026-03-01T09:00:00.5Z",
                "ended_at": "2026-03-01T09:00:01.25Z",
                **trial,
            }
            for trial in trials
        ]
        with psycopg.connect(self._lab.world.settings["LICS_DB_URL"]) as conn:
            refused = conn.execute("select * from private.ingest_trials(%s::jsonb)", [json.dumps(items)]).fetchall()
        assert refused == []
        return self

    def get(self, what: str = "csv", who: Person | None = None, **query: Any) -> httpx.Response:
        """A download as the member of company a, or as somebody else."""
        token = self._lab.token(who or self._lab.world.member_a)
        return httpx.get(
            f"{self._lab.world.url}/api/deployments/{self.deployment_id}/export/{what}",
            params=query,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def bytes(self, what: str = "csv", **query: Any) -> bytes:
        """The body of a download that succeeds."""
        answer = self.get(what, **query)
        assert answer.status_code == 200, answer.text
        return answer.content

    def rows(self, **query: Any) -> list[dict[str, str]]:
        """The CSV as Python's own reader sees it."""
        text = self.bytes("csv", **query).decode()
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


class Lab:
    """Makes runs."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._tokens: dict[UUID, str] = {}

    def token(self, person: Person) -> str:
        """An access token."""
        if person.user_id not in self._tokens:
            self._tokens[person.user_id] = self.world.sign_in(person)["access_token"]
        return self._tokens[person.user_id]

    def run(self, status: str = "completed") -> Run:
        """A new run without trials."""
        with psycopg.connect(self.world.settings["LICS_DB_URL"]) as conn:
            key = {"company": self.world.company_a, "key": str(uuid4()), "status": status}
            found = conn.execute(RUN, key).fetchone()
        assert found is not None
        return Run(self, *found)
