"""The database is the same whichever way it was built, and only the right owner may build it."""

from pathlib import Path

import psycopg
import pytest

from db.pushed import workdir_of
from db.scratch import ROOT, Cluster, ScratchError, apply_code, dump, push, run_ddl, run_psql

OUTSIDE = """
select schemaname, tablename, policyname, cmd, roles, qual, with_check from pg_policies
where schemaname in ('realtime', 'storage') order by 1, 2, 3
"""
REFERENCE = """
select 'error', e::text from private.error_codes as e
union all select 'device', c::text from public.device_error_codes as c
"""


def _state(url: str) -> str:
    """Everything that the code decides: our schemas, our policies on the platform's tables, our reference rows."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(OUTSIDE).fetchall() + sorted(connection.execute(REFERENCE).fetchall())
    return dump(url) + "\n" + "\n".join(map(str, rows))


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """What the Supabase CLI wants, with the migrations of the checkout and the code compiled now."""
    return workdir_of(tmp_path)


def test_pushed_migrations_give_the_same_database_as_apply_sql(cluster: Cluster, built: str, workdir: Path) -> None:
    url = cluster.create("pushed")
    push(url, workdir)
    assert _state(url) == _state(built)


def test_apply_sql_twice_changes_nothing(cluster: Cluster, built: str) -> None:
    url = cluster.create("twice")
    run_ddl(url)
    apply_code(url)
    apply_code(url)
    assert _state(url) == _state(built)


def test_code_applies_over_pushed_code(cluster: Cluster, built: str, workdir: Path) -> None:
    """A developer's stack has both: the pushed code migration, then apply.sql."""
    url = cluster.create("both")
    push(url, workdir)
    apply_code(url)
    assert _state(url) == _state(built)


@pytest.mark.parametrize("kind", ["superuser", "nobypassrls"])
def test_another_kind_of_owner_is_refused(cluster: Cluster, kind: str) -> None:
    """A superuser hides what hosted refuses; without BYPASSRLS definer functions go blind."""
    owner = f"owner_{kind}"
    cluster.create(f"foreign_{kind}")
    with psycopg.connect(cluster.url(f"foreign_{kind}", "postgres"), autocommit=True) as connection:
        attributes = "superuser bypassrls" if kind == "superuser" else "nosuperuser nobypassrls"
        connection.execute(f"create role {owner} login {attributes} password '{cluster.password}'".encode())
        connection.execute(f"alter database foreign_{kind} owner to {owner}".encode())
    with pytest.raises(ScratchError, match="owner_not_allowed"):
        run_psql(cluster.url(f"foreign_{kind}", owner), sorted((ROOT / "migrations").glob("[0-9]*.sql"))[0])


def test_the_owner_is_as_on_hosted(built: str) -> None:
    with psycopg.connect(built) as connection:
        row = connection.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user").fetchone()
    assert row == (False, True)
