"""The Supabase CLI's two linters, as a project's dashboard shows them, find nothing in the product."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from db.scratch import Cluster, supabase

MEANT = {
    # without SET a body bound at creation is inlined, an eighth of the cost; no search_path can change what it means
    ("function_search_path_mutable", "new_id"),
    ("function_search_path_mutable", "sha256_hex"),
}
"""What the advisors warn of and is meant: (lint, name)."""


def _found(url: str, home: Path, *arguments: str) -> list[dict[str, Any]]:
    """What a linter prints as JSON, without failing; [] when it has nothing to say."""
    output = supabase([*arguments, f"--remote={url}", "--fail-on", "none", "--output", "json"], home)
    start = output.find("[\n")
    found: list[dict[str, Any]] = json.loads(output[start:]) if start >= 0 else []
    return found


def _advice(url: str, home: Path) -> set[tuple[str, str]]:
    found = _found(url, home, "db", "advisors", "--type", "all", "--level", "warn")
    return {(each["name"], each["metadata"]["name"]) for each in found}


def test_db_lint_is_clean(built: str, tmp_path: Path) -> None:
    """Type errors in functions: not even a warning."""
    found = _found(built, tmp_path, "db", "lint", "--schema", "public,private", "--level", "warning")
    assert found == []


def test_db_advisors_are_clean(built: str, tmp_path: Path) -> None:
    """No error and no warning besides what is meant.

    INFO is left out: indexes that an empty database has never used, and tables of `private` without a policy, which
    is their protection.
    """
    assert _advice(built, tmp_path) == MEANT


@pytest.fixture(scope="module")
def bad(cluster: Cluster) -> str:
    """A database with an offender for each linter."""
    url = cluster.create("offenders")
    with psycopg.connect(url) as connection:
        connection.execute(
            "create table public.open_table (i int primary key); grant select on public.open_table to anon"
        )
        connection.execute(
            "create function public.broken() returns int language plpgsql as $$ begin return nothing_here; end $$"
        )
    return url


def test_both_linters_find_offenders(bad: str, tmp_path: Path) -> None:
    """Else "clean" would mean nothing."""
    lint = _found(bad, tmp_path, "db", "lint", "--schema", "public,private", "--level", "warning")
    assert [each["function"] for each in lint] == ["public.broken"]
    assert ("rls_disabled_in_public", "open_table") in _advice(bad, tmp_path)
