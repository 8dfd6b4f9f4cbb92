"""docs/DBA.md: every SQL block is run as it stands there."""

import os
import re
import subprocess

import psycopg
import pytest

from db.people import fill, key
from db.scratch import ROOT, Cluster, apply_code, run_ddl

PAGE = (ROOT / "docs" / "DBA.md").read_text()
BLOCKS = re.findall(r"^```sql\n(.*?)^```", PAGE, re.S | re.M)

VARIABLES = {
    "mac": "TEST-CAMERA-a",
    "company": str(key("a")),
    "device": str(key("a", "camera")),
    "person": str(key("a", "viewer")),
    "session": str(key("a", "session")),
    "site": str(key("a", "site")),
    "deployment": str(key("a", "deployment")),
}


@pytest.fixture(scope="module")
def filled(cluster: Cluster) -> str:
    """A database with two companies and the CLI's table of migrations."""
    url = cluster.create("dba")
    run_ddl(url)
    apply_code(url)
    with psycopg.connect(url) as connection:
        connection.execute("create schema supabase_migrations")
        connection.execute(
            "create table supabase_migrations.schema_migrations (version text, statements text[], name text)"
        )
        fill(connection)
    return url


def test_the_page_has_its_blocks() -> None:
    """Else a change of the page's form would test nothing."""
    assert len(BLOCKS) >= 15
    assert set(re.findall(r":'(\w+)'", "".join(BLOCKS))) <= set(VARIABLES)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_block_runs(filled: str, number: int) -> None:
    """In psql, that stops at the first error."""
    parts = psycopg.conninfo.conninfo_to_dict(filled)
    settings = [f"--set={name}={value}" for name, value in VARIABLES.items()]
    done = subprocess.run(
        ["psql", "-X", "-v", "ON_ERROR_STOP=1", *settings, "-d", filled],
        input=BLOCKS[number],
        env={**os.environ, "PGPASSWORD": str(parts["password"])},
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, BLOCKS[number] + done.stderr
