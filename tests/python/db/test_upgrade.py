"""The former release's database, with its data, becomes this one's: by the CLI, by apply.sql, and it works.

`upgrades/20261121.sql.gz` is what pg_dump gave of the state before the migrations of December 2026, with the demo and
some messages.
"""

import gzip
import json
from pathlib import Path

import psycopg
import pytest

from db.pushed import workdir_of
from db.scratch import Cluster, apply_code, dump, push, run_psql
from lics.stack.database import forget_generated

FORMER = Path(__file__).with_name("upgrades") / "20261121.sql.gz"
CAMERA = "02A1C5000001"
RIG, RUN = "019a0000-0000-7000-8000-00000000d001", "019a0000-0000-7000-8000-00000000de01"

COUNTS = """
select (select count(*) from public.companies), (select count(*) from public.users),
       (select count(*) from public.devices),
       (select count(*) from public.device_images), (select count(*) from public.device_wake_payloads),
       (select count(*) from public.trial_results where deployment_id = %s)
"""


@pytest.fixture(scope="module")
def former(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database as the former release left it, on the platform of today."""
    url = cluster.create("upgraded")
    script = tmp_path_factory.mktemp("former") / "former.sql"
    script.write_bytes(gzip.decompress(FORMER.read_bytes()))
    run_psql(url, script)
    return url


def _counts(url: str) -> tuple[object, ...] | None:
    with psycopg.connect(url) as connection:
        return connection.execute(COUNTS, [RUN]).fetchone()


def test_the_former_release_becomes_this_one(former: str, built: str, tmp_path: Path) -> None:
    """Every row stays; the schema is then a new database's; old and new messages are taken."""
    before = _counts(former)
    assert before is not None
    assert before[3:] == (1, 1, 50), "the dump holds what was sent"
    workdir = workdir_of(tmp_path)
    # as `lics build` does: the former code migration was not sealed, its successor has another name
    forget_generated(former, sorted((workdir / "migrations").glob("*.sql")))
    push(former, workdir, "--include-all")
    assert _counts(former) == before
    assert dump(former) == dump(built)
    apply_code(former)
    assert dump(former) == dump(built)

    trial = {
        "device_id": RIG, "deployment_id": RUN, "rev": 1, "kind": "trial", "started_at": "2026-11-30T09:00:00Z",
        "ended_at": "2026-11-30T09:00:01Z", "response": {"key": "k"}, "flags": [], "partial": False, "custom_data": {},
        "boot_id": "b",
    }  # fmt: skip
    hello = {"prefix": "ESP32CAM", "topic_id": CAMERA, "mac": CAMERA, "enrolment": False, "pending_count": 0, "raw": {}}
    trials = json.dumps([{**trial, "seq": n, "trial_number": n} for n in range(41, 61)])
    with psycopg.connect(former) as connection:
        # ten are known already
        assert connection.execute("select * from private.ingest_trials(%s)", [trials]).fetchall() == []
        assert connection.execute("select * from private.ingest_hellos(%s)", [json.dumps([hello])]).fetchall() == []
        row = connection.execute("select public.fn_verify_session_counters() ->> 'wrong'").fetchone()
        assert row is not None
        assert int(row[0]) == 0
        due = connection.execute("select private.run_due()::text").fetchone()
        assert due is not None
        assert "error" not in due[0]
    assert _counts(former) == (*before[:5], 60)
