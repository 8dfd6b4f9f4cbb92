"""Trials, MQTT publish to committed and acknowledged: our edge, the seeds' design, and the client library's ceiling."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psycopg

from bench.broker import broker, free_port
from bench.fixtures import make_rigs
from bench.load import Broker, Rig, publishers, trial_lines
from bench.reference.seed_ingest import DDL
from bench.report import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RIGS = 4
LIMIT_S = 300.0


def wait_for(condition: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """Poll until ``condition`` holds; raise after ``limit_s``."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.02)


def write_files(folder: Path, rigs: Sequence[Rig], each: int) -> list[Path]:
    """One file of trials a rig."""
    files = []
    for number, rig in enumerate(rigs):
        path = folder / f"{number}.jsonl"
        path.write_text(trial_lines(rig, each, 1, seed=number))
        files.append(path)
    return files


def run_reference(module: str, at: Broker, rigs: Sequence[Rig], files: Sequence[Path], count: int) -> float:
    """Messages per second of a reference process that prints ``ready`` and ``done``."""
    environment = os.environ | {"LICS_EDGE_MQTT_PASSWORD": at.password}
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", module, "--host", at.host, "--port", str(at.port)),
            *("--username", at.username, "--count", str(count)),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        raise RuntimeError(f"{module} did not start")
    begin = time.perf_counter()
    with publishers(at, rigs, files):
        if process.stdout.readline().strip() != "done":
            raise RuntimeError(f"{module} did not finish")
        elapsed = time.perf_counter() - begin
    process.wait(timeout=30)
    return count / elapsed


def run_ours(
    at: Broker, connection: psycopg.Connection[tuple[str, str]], rigs: Sequence[Rig], files: Sequence[Path], count: int
) -> float:
    """Trials per second of our handler: counted when the rows are committed and ``data/ack`` covers them all."""
    health = free_port()
    environment = os.environ | {
        "LICS_MQTT_HOST": at.host,
        "LICS_MQTT_PORT": str(at.port),
        "LICS_EDGE_MQTT_USER": at.username,
        "LICS_EDGE_MQTT_PASSWORD": at.password,
        "LICS_EDGE_PORT": str(health),
        "LICS_EDGE_ID": "9",
    }
    deployments = [rig.deployment_id for rig in rigs]
    each = count // len(rigs)
    handler = subprocess.Popen([sys.executable, "-m", "edge_functions"], env=environment, stderr=subprocess.DEVNULL)
    try:

        def healthy() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{health}/healthz", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_for(healthy, "the handler is not healthy", 30)

        def acknowledged() -> bool:
            # The answer that says "stored up to the last one", published for every rig.
            row = connection.execute(
                """
                select count(distinct o.payload ->> 'deployment_id') from private.mqtt_outbox as o
                where o.topic like 'devices/%%/data/ack' and o.published_at is not null
                and o.payload ->> 'deployment_id' = any(%s) and (o.payload ->> 'through_seq')::bigint = %s
                """,
                (deployments, each),
            ).fetchone()
            connection.commit()
            assert row is not None
            return int(row[0]) == len(rigs)

        begin = time.perf_counter()
        with publishers(at, rigs, files):
            wait_for(acknowledged, "not every trial was acknowledged")
            elapsed = time.perf_counter() - begin
    finally:
        handler.terminate()
        handler.wait(timeout=15)
    stored = connection.execute(
        "select count(*) from public.trial_results where deployment_id::text = any(%s)", (deployments,)
    ).fetchone()
    connection.commit()
    if stored is None or int(stored[0]) != count:
        raise RuntimeError(f"stored {stored}, sent {count}")
    return count / elapsed


def run(count: int, rounds: int) -> list[Row]:
    """Measure the three designs ``rounds`` times, one after the other, and answer the medians."""
    ours, seeds, ceiling = [], [], []
    with (
        broker() as at,
        tempfile.TemporaryDirectory(prefix="lics-bench-") as folder,
        psycopg.connect(os.environ["LICS_DB_URL"]) as connection,
    ):
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            rigs = make_rigs(connection, RIGS)
            files = write_files(Path(folder), rigs, count // RIGS)
            ours.append(run_ours(at, connection, rigs, files, count))
            ceiling.append(run_reference("bench.reference.noop_subscriber", at, rigs, files, count))
            # The seeds' design is slow: a quarter of the messages is enough to know its rate.
            few = max(count // 4, RIGS)
            short = write_files(Path(folder), rigs, few // RIGS)
            connection.execute(DDL)
            connection.commit()
            seeds.append(run_reference("bench.reference.seed_ingest", at, rigs, short, few))
    what = "trials, publish → committed and acknowledged (per s)"
    return [
        Row(what, ours, "seeds' design: one INSERT and COMMIT a message", seeds, bar=8.0),
        Row(what, ours, "aiomqtt subscriber that does nothing", ceiling, bar=0.6),
    ]
