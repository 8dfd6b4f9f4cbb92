"""``private.ingest_trials`` in batches of 500 against COPY of the same rows into the same table.

Both commit once a batch.
"""

from __future__ import annotations

import json
import os
import sys
import time

import psycopg

from bench.fixtures import make_rigs
from bench.load import Rig, trial_lines
from bench.report import Row

BATCH = 500
COPY = """
copy public.trial_results (
    company_id, deployment_id, device_id, seq, rev, kind, trial_number, started_at, ended_at,
    response, reaction_time, correct, custom_data, content_sha256
) from stdin
"""


def batches(rig: Rig, count: int) -> list[list[dict[str, object]]]:
    """``count`` trials of a rig as lists of items, as the edge hands them over."""
    items = []
    for line in trial_lines(rig, count, 1).splitlines():
        item = json.loads(line)
        item.update(device_id=rig.device_id, rev=1, kind="trial", partial=False, flags=[])
        items.append(item)
    return [items[start : start + BATCH] for start in range(0, count, BATCH)]


def run_function(edge: psycopg.Connection[tuple[object, ...]], rig: Rig, count: int) -> float:
    """Rows per second through the batch function, as role edge."""
    texts = [json.dumps(batch) for batch in batches(rig, count)]
    begin = time.perf_counter()
    for text in texts:
        edge.execute("select * from private.ingest_trials(%s::jsonb)", (text,))
        edge.commit()
    return count / (time.perf_counter() - begin)


def run_copy(owner: psycopg.Connection[tuple[object, ...]], rig: Rig, count: int) -> float:
    """Rows per second of COPY, as the owner."""
    company = owner.execute("select company_id from public.devices where device_id = %s", (rig.device_id,)).fetchone()
    assert company is not None
    texts = []
    for batch in batches(rig, count):
        lines = [
            "\t".join(
                (
                    str(company[0]),
                    str(item["deployment_id"]),
                    rig.device_id,
                    str(item["seq"]),
                    "1",
                    "trial",
                    str(item["trial_number"]),
                    str(item["started_at"]),
                    str(item["ended_at"]),
                    json.dumps(item["response"]),
                    str(item["reaction_time"]),
                    str(item["correct"]),
                    json.dumps(item["custom_data"]),
                    f"\\\\x{int(str(item['seq'])):064x}",
                )
            )
            for item in batch
        ]
        texts.append("\n".join(lines) + "\n")
    begin = time.perf_counter()
    for text in texts:
        with owner.cursor().copy(COPY) as copy:
            copy.write(text)
        owner.commit()
    return count / (time.perf_counter() - begin)


def run(count: int, rounds: int) -> list[Row]:
    """Measure both, alternating, ``rounds`` times."""
    function, copy = [], []
    with psycopg.connect(os.environ["LICS_DB_URL"]) as owner, psycopg.connect(os.environ["LICS_EDGE_DB_URL"]) as edge:
        for number in range(rounds):
            print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            first, second = make_rigs(owner, 2)
            function.append(run_function(edge, first, count))
            copy.append(run_copy(owner, second, count))
    return [Row("trials, batch function of 500 (rows per s)", function, "COPY of the same rows", copy, bar=0.35)]
