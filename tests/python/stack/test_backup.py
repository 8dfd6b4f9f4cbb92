"""The drill: cluster and images are destroyed; backup and WAL bring back exactly what was there at a chosen time."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from stack_lab import Stack

from lics.doctor.machine import newest_backup
from lics.stack.backup import copy_new
from lics.stack.database import superuser_url

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("pgbackrest") is None, reason="pgbackrest is not installed: ./bootstrap --backup"),
]

LIMIT_S = 60.0
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
LEDGER = "select seq, trial_number, response from public.trial_results where deployment_id = %s order by seq"
OBJECT = "storage/v1/object/images/019a0000-0000-7000-8000-00000000a001/drill.jpg"


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Up, without the demo; its backups lie where PostgreSQL's user may write."""
    stack = Stack(tmp_path_factory.mktemp("drill") / "home")
    first = stack.lics("up", "--no-demo", **stack.ports)
    backups: Path | None = None
    try:
        assert first.returncode == 0, first.stderr
        yield stack
        backups = Path(stack.settings().get("LICS_BACKUP_DIR", stack.home / "none"))
    finally:
        stack.lics("reset", "--yes")
        if backups is not None:
            shutil.rmtree(backups, ignore_errors=True)


class Ledger:
    """What was sent to the demo's run, trial by trial."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self.sent: list[tuple[Any, ...]] = []

    def send(self, first: int, last: int) -> None:
        """As the edge does, a batch; it is in the ledger when it was committed."""
        common = {
            "device_id": self.settings["LICS_DEMO_RIG_ID"],
            "deployment_id": self.settings["LICS_DEMO_DEPLOYMENT_ID"],
        }
        rows = [(seq, seq, {"key": f"k{seq}"}) for seq in range(first, last + 1)]
        items = [
            {
                **common,
                "seq": seq,
                "rev": 1,
                "kind": "trial",
                "trial_number": number,
                "response": response,
                "flags": [],
                "partial": False,
                "custom_data": {},
                "started_at": "2026-03-01T09:00:00Z",
                "ended_at": "2026-03-01T09:00:01Z",
                "boot_id": "b1",
            }
            for seq, number, response in rows
        ]
        with psycopg.connect(self.settings["LICS_EDGE_DB_URL"]) as edge:
            assert edge.execute("select * from private.ingest_trials(%s)", [json.dumps(items)]).fetchall() == []
        self.sent += rows

    def stored(self) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.settings["LICS_DB_URL"]) as owner:
            return owner.execute(LEDGER, [self.settings["LICS_DEMO_DEPLOYMENT_ID"]]).fetchall()


def _archived(settings: dict[str, str]) -> str:
    """The time now, when all WAL up to now lies in the repository."""
    with psycopg.connect(superuser_url(settings), autocommit=True) as connection:
        row = connection.execute(
            "select clock_timestamp()::text, pg_walfile_name(pg_current_wal_insert_lsn())"
        ).fetchone()
        assert row is not None
        moment, segment = row
        connection.execute("select pg_switch_wal()")
        deadline = time.monotonic() + LIMIT_S
        done = "select last_archived_wal >= %s from pg_stat_archiver"
        while connection.execute(done, [segment]).fetchone() != (True,):
            assert time.monotonic() < deadline, f"{segment} was not archived"
            time.sleep(0.1)
    return str(moment)


def _image(settings: dict[str, str], method: str) -> httpx.Response:
    key = {"Authorization": f"Bearer {settings['LICS_SERVICE_KEY']}", "Content-Type": "image/jpeg"}
    with httpx.Client(trust_env=False, timeout=30) as client:
        body = JPEG if method == "POST" else None
        return client.request(method, f"{settings['LICS_API_URL']}/{OBJECT}", headers=key, content=body)


def test_a_destroyed_cluster_comes_back_as_it_was_at_a_chosen_time(stack: Stack) -> None:
    """A dropped table, a lost disk: trials after the backup come from WAL, none after the chosen time is there."""
    settings = stack.settings()
    ledger = Ledger(settings)
    ledger.send(1, 200)
    assert _image(settings, "POST").status_code == 200
    taken = stack.lics("backup")
    assert taken.returncode == 0, taken.stderr
    ledger.send(201, 400)
    assert ledger.stored() == ledger.sent
    wanted = list(ledger.sent)
    # pgBackRest counts whole seconds: a time within the backup's last one is before it
    ended = newest_backup(stack.settings()["LICS_BACKUP_CONFIG"])
    assert ended is not None
    while time.time() < ended + 2:
        time.sleep(0.1)
    moment = _archived(settings)
    ledger.send(401, 450)
    with psycopg.connect(superuser_url(settings)) as connection:
        connection.execute("drop table public.trial_results cascade")
    _archived(settings)

    assert stack.lics("down").returncode == 0
    shutil.rmtree((stack.home / "postgres").resolve() / "data")
    shutil.rmtree(stack.home / "storage")
    back = stack.lics("restore", "--yes", "--no-demo", "--time", moment)
    assert back.returncode == 0, back.stderr

    assert ledger.stored() == wanted
    picture = _image(settings, "GET")
    assert (picture.status_code, picture.content) == (200, JPEG)
    ledger.sent = wanted
    ledger.send(401, 410)
    assert ledger.stored() == ledger.sent, "life goes on"
    # on the new timeline too
    assert stack.lics("backup").returncode == 0
    health = stack.lics("doctor", "database", "backup")
    assert health.returncode == 0, health.stdout


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """No stack, no backup, a time that is none."""
    stack = Stack(tmp_path / "home")
    elsewhere = {"LICS_BACKUP_DIR": str(tmp_path / "nothing")}
    assert "there is no stack yet" in stack.lics("backup", **elsewhere).stderr
    lost = stack.lics("restore", "--yes", **elsewhere)
    assert (lost.returncode, "there is no backup in" in lost.stderr) == (1, True)


def test_only_new_files_are_copied_and_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    (source / "images" / "1").mkdir(parents=True)
    (source / "images" / "1" / "x").write_bytes(b"x")
    assert copy_new(source, target) == 1
    (source / "images" / "1" / "y").write_bytes(b"y")
    assert copy_new(source, target) == 1
    assert copy_new(source, target) == 0
    assert sorted(file.name for file in target.rglob("*") if file.is_file()) == ["x", "y"]
