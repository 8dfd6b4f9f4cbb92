"""Tenancy: the field lessons 69 to 79, each tried as the people it happened to. The access matrix tries every table."""

import json
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from db.matrix import Matrix
from db.people import BY_NAME, Connection, Identity, acting, key

MATRIX = Matrix.read()
PEOPLE = ("viewer", "member", "admin", "other_admin", "super", "super_switched", "deactivated")
EDGE_ONLY = sorted(name for name, roles in MATRIX.functions.items() if "edge" in roles and "authenticated" not in roles)
JOBS = [name for name in EDGE_ONLY if name.endswith("(timestamp with time zone)")]


def _one(connection: Connection, query: LiteralString, *values: object) -> Any:
    row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]


def _as(connection: Connection, who: str, query: LiteralString, *values: object) -> Any:
    with acting(connection, BY_NAME[who]):
        return _one(connection, query, *values)


def _call(signature: str) -> bytes:
    """A call with nulls that the planner cannot see: the right to execute is asked before anything else."""
    name, arguments = signature.rstrip(")").split("(", 1)
    nulls = ", ".join(
        f"current_setting('lics.none', true)::{argument}" for argument in arguments.split(",") if argument
    )
    return f"select {name}({nulls})".encode()


def test_every_view_asks_as_the_caller(connection: Connection) -> None:
    """Lesson 69: a user saw another company's programs through a view that ran with its owner's rights."""
    views = connection.execute(
        """
        select c.relname from pg_class as c
        where c.relkind = 'v' and c.relnamespace = 'public'::regnamespace
            and not coalesce(c.reloptions, '{}') @> array['security_invoker=true']
        """
    ).fetchall()
    assert views == []


@pytest.mark.parametrize("who", PEOPLE)
def test_a_login_reads_the_tables_that_policies_depend_on(connection: Connection, who: str) -> None:
    """Lesson 70: a policy that read its own table recursed, and row level security was turned off to cure it."""
    policies = _one(
        connection,
        """
        select count(*) from pg_policies
        where schemaname in ('public', 'private') and concat(qual, with_check) ~ ' (FROM|JOIN) (?!realtime|storage)'
        """,
    )
    assert policies == 0
    with acting(connection, BY_NAME[who]):
        for table in (b"users", b"companies", b"user_active_company_context"):
            connection.execute(b"select * from public." + table)


def test_an_admin_sees_the_whole_company_without_memberships(connection: Connection) -> None:
    """Lesson 71: an admin saw nothing, because a row for each program was asked for too."""
    for company, who in (("a", "admin"), ("b", "other_admin")):
        assert _as(connection, who, "select array_agg(company_id) from public.pilot_programs") == [key(company)]
        assert _as(connection, who, "select count(*) from public.devices") == 2


def test_a_super_admin_who_never_chose_sees_the_own_company(connection: Connection) -> None:
    """Lesson 72: a fresh login had no context row, and saw nothing or what another had seen."""
    chosen = "select count(*) from public.user_active_company_context where user_id = %s"
    assert _one(connection, chosen, BY_NAME["super"].subject) == 0
    assert _as(connection, "super", "select public.get_active_company_id()") == key("b")


@pytest.mark.parametrize("who", ["anon", "deactivated"])
def test_nobody_has_no_company(connection: Connection, who: str) -> None:
    """Lesson 72, the other side: a stale choice of a deactivated person counts for nothing."""
    assert _as(connection, who, "select public.get_active_company_id()") is None


def test_switching_shows_the_other_company_and_leaves_the_person_alone(connection: Connection) -> None:
    """Lesson 73: some policies followed the switch and some did not; the page rewrote users.company_id instead."""
    row: LiteralString = "select to_jsonb(u) from public.users as u where u.user_id = %s"
    sites: LiteralString = "select array_agg(distinct company_id) from public.sites"
    who = BY_NAME["super"]
    with connection.transaction(force_rollback=True):
        before = _one(connection, row, who.subject)
        with connection.transaction():
            connection.execute("select set_config('request.jwt.claims', %s, true)", [who.claims])
            connection.execute("set local role authenticated")
            assert _one(connection, sites) == [key("b")]
            connection.execute("select public.set_active_company_context(%s)", [key("a")])
            assert _one(connection, "select public.get_active_company_id()") == key("a")
            assert _one(connection, sites) == [key("a")]
            connection.execute("select public.set_active_company_context(%s)", [key("b")])
            assert _one(connection, sites) == [key("b")]
            connection.execute("reset role")
        assert _one(connection, row, who.subject) == before


@pytest.mark.parametrize("who", ["viewer", "member", "admin"])
def test_only_super_admins_switch(connection: Connection, who: str) -> None:
    """Lesson 73: others have one company, always."""
    with pytest.raises(psycopg.errors.DatabaseError) as refused, acting(connection, BY_NAME[who]):
        connection.execute("select public.set_active_company_context(%s)", [key("b")])
    assert refused.value.sqlstate == "L0004"


@pytest.mark.parametrize(
    ("who", "programs", "experiments"),
    [
        ("admin", True, True),
        ("other_admin", True, True),
        ("super_switched", True, True),
        ("member", False, True),
        ("viewer", False, False),
        ("deactivated", False, False),
    ],
)
def test_creating_works_for_the_roles_that_may(
    connection: Connection, who: str, programs: bool, experiments: bool
) -> None:
    """Lesson 74: creating a program failed, because the audit trigger ran as the user."""
    identity = BY_NAME[who]
    company = key(identity.active or "a")
    insert: LiteralString = "insert into public.{} (company_id, {}) values (%s, 'New') returning company_id"
    statements: list[tuple[LiteralString, bool]] = [
        (insert.format("pilot_programs", "program_name"), programs),
        (insert.format("experiments", "name"), experiments),
    ]
    for statement, allowed in statements:
        if allowed:
            assert _as(connection, who, statement, company) == company
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, identity):
                connection.execute(statement, [company])


def test_audit_writers_are_definer(connection: Connection) -> None:
    """Lesson 74: whoever writes the audit log does it with the owner's rights."""
    writers = connection.execute(
        """
        select p.oid::regprocedure::text from pg_proc as p
        where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and not p.prosecdef
            and coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ~* 'insert into public.audit_log'
            and exists (
                select from unnest(array['anon', 'authenticated', 'device']) as r (rolname)
                where has_function_privilege(r.rolname, p.oid, 'execute')
            )
        """
    ).fetchall()
    assert writers == []


@pytest.mark.parametrize("signature", EDGE_ONLY)
def test_what_jobs_and_handlers_call_asks_nobody_who_is_signed_in(connection: Connection, signature: str) -> None:
    """Lesson 76: a scheduled job saw nothing, because a reused function asked auth.uid(), which is null there."""
    source: LiteralString = "select coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) from pg_proc as p where p.oid = "
    body = _one(connection, source + "%s::regprocedure", signature)
    asked = [
        word
        for word in ("auth.uid", "auth.jwt", "get_active_company_id", "require_role", "has_role")
        if f"{word}(" in body
    ]
    assert not asked, f"{signature} calls {asked}"


@pytest.mark.parametrize("signature", JOBS)
def test_jobs_run_without_a_token(connection: Connection, signature: str) -> None:
    """Lesson 76: each job runs as the handlers' role with empty claims, and none of its parts fails."""
    name = signature.split("(", maxsplit=1)[0]
    with acting(connection, BY_NAME["edge"]):
        row = connection.execute(f"select to_jsonb({name}('2026-01-03 00:30+00'::timestamptz))".encode()).fetchone()
    assert row is not None
    assert '"error"' not in json.dumps(row[0])


@pytest.mark.parametrize("column", ["user_id", "company_id", "email", "role", "is_super_admin", "is_active"])
@pytest.mark.parametrize("who", ["viewer", "admin", "super", "deactivated"])
def test_people_cannot_change_what_they_are(connection: Connection, who: str, column: str) -> None:
    """Lesson 78: users moved themselves to another company, and changed their own role."""
    change = sql.SQL("update public.users set {c} = {c} where user_id = auth.uid()").format(c=sql.Identifier(column))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, BY_NAME[who]):
        connection.execute(change)


def test_people_rename_themselves_and_nobody_else(connection: Connection) -> None:
    """Lesson 78: the one column that is theirs."""
    with acting(connection, BY_NAME["admin"]):
        names = connection.execute("update public.users set full_name = 'New' returning user_id").fetchall()
    assert names == [(key("a", "admin"),)]


@pytest.mark.parametrize("signature", EDGE_ONLY)
def test_people_and_devices_call_no_function_of_the_handlers(connection: Connection, signature: str) -> None:
    """Lesson 79: any user could run opener, locker and completion for any site."""
    callers: list[Identity] = [BY_NAME[name] for name in ("anon", "admin", "other_admin", "super", "device")]
    for who in callers:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), acting(connection, who):
            connection.execute(_call(signature))
