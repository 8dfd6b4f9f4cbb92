"""Rows the benchmarks work on: a company of their own with rigs that each have a running deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.load import Rig

if TYPE_CHECKING:
    import psycopg

SQL = """
with company as (
    insert into public.companies (name) values ('Bench ' || clock_timestamp()) returning company_id
),

experiment as (
    insert into public.experiments (company_id, name, python_code)
    select company_id, 'Bench', 'pass' from company
    returning company_id, experiment_id
),

rig as (
    insert into public.devices (company_id, device_mac, name, kind)
    select e.company_id, 'TEST-' || upper(replace(private.new_id()::text, '-', '')), 'Bench rig ' || n, 'rig'
    from experiment as e, generate_series(1, %(rigs)s) as n
    returning company_id, device_id
)

insert into public.experiment_deployments (
    company_id, experiment_id, device_id, status, experiment_version, python_code, script_sha256,
    timeout_s, acked_at, started_at
)
select
    r.company_id, e.experiment_id, r.device_id, 'running', 1, 'pass', private.sha256_hex('pass'),
    86400, now(), now()
from rig as r
inner join experiment as e on e.company_id = r.company_id
returning device_id::text, deployment_id::text
"""


def make_rigs(connection: psycopg.Connection[tuple[str, str]], rigs: int) -> list[Rig]:
    """Insert ``rigs`` rigs, each with one running deployment, as the owner."""
    made = connection.execute(SQL, {"rigs": rigs}).fetchall()
    connection.commit()
    return [Rig(device_id=device, deployment_id=deployment) for device, deployment in made]
