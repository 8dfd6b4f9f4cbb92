"""The lints fail where they should: each one is run with an offender made for it."""

import os
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from db.scratch import ROOT

LINTS = sorted((ROOT / "tests" / "db").glob("lint_*.sql"))
OFFENDERS = Path(__file__).with_name("offenders.sql").read_text()


@pytest.mark.parametrize("lint", LINTS, ids=lambda file: file.stem)
def test_every_lint_names_its_offender(built: str, lint: Path) -> None:
    """With the offenders in the database no lint passes; without them all do."""
    text = lint.read_text()
    first = text.index("select is_empty(")
    clean, dirty = _run(built, text), _run(built, text[:first] + OFFENDERS + text[first:])
    assert re.findall(r"^not ok.*", clean, re.M) == [], clean
    assert len(re.findall(r"^ok", clean, re.M)) == text.count("select is_empty(")
    passed = re.findall(r"^ok \d+ - (.*)", dirty, re.M)
    assert passed in ([], ["only sql and plpgsql"]), dirty  # the owner can make no other function
    assert len(re.findall(r"^not ok", dirty, re.M)) == text.count("select is_empty(") - len(passed), dirty


def _run(url: str, script: str) -> str:
    """The lint's answer, in TAP; `\\ir` is meant from its folder."""
    parts = psycopg.conninfo.conninfo_to_dict(url)
    done = subprocess.run(
        ["psql", "-X", "-q", "-A", "-t", "-d", url],
        input=script,
        cwd=ROOT / "tests" / "db",
        env={**os.environ, "PGPASSWORD": str(parts["password"])},
        text=True,
        capture_output=True,
        check=False,
    )
    return done.stdout + done.stderr
