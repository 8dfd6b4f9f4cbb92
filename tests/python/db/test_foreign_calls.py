"""No function that people call reaches into another company, whatever ids they hand over."""

from typing import Any, LiteralString

import psycopg
import pytest
from psycopg import sql

from db.matrix import Matrix
from db.people import BY_NAME, Connection, acting, key

CALLABLE = sorted(
    name for name, roles in Matrix.read().functions.items() if name.startswith("public.") and "authenticated" in roles
)
THINGS = (
    *("viewer", "program", "site", "camera", "rig", "change", "command", "session", "image", "payload", "observation"),
    *("alert", "experiment", "deployment", "event", "trial", "log", "audit"),
    *("notification", "route"),
)
"""Names of the rows that two_companies.sql makes; their keys follow from them."""

VALID = {
    "mac": "02A1C5000099",
    "cron": "0 8 * * *",
    "expr": "0 8 * * *",
    "tz": "Europe/Berlin",
    "zone": "Europe/Berlin",
}
"""Texts by a part of the parameter's name, so that a call gets past the check of its form."""

SAMPLES = {
    "text": "x",
    "integer": "1",
    "bigint": "1",
    "boolean": "true",
    "date": "2026-01-01",
    "interval": "1 hour",
    "jsonb": "{}",
    "timestamp with time zone": "2026-01-01 12:00+00",
    "uuid[]": "{}",
    "text[]": "{}",
}


def _parameters(connection: Connection, signature: str) -> list[tuple[str, str, bool]]:
    """Name, type and whether there is a default, of each parameter that goes in."""
    return connection.execute(
        """
        select
            coalesce(p.proargnames[i], ''), format_type(t.type, null), i > p.pronargs - p.pronargdefaults
        from pg_proc as p
        cross join unnest(p.proargtypes) with ordinality as t (type, i)
        where p.oid = %s::regprocedure order by i
        """,
        [signature],
    ).fetchall()


def _things(parameter: str) -> list[str]:
    """Which things a parameter may mean: p_device_id a camera or a rig; an unknown name anything."""
    word = parameter.removeprefix("p_").removesuffix("_id")
    if word == "device":
        return ["camera", "rig"]
    return [thing for thing in THINGS if thing in word] or ["site", "camera"]


def _calls(connection: Connection, signature: str) -> list[sql.Composed]:
    """Calls with ids of company a in every uuid parameter."""
    parameters = _parameters(connection, signature)
    if len(parameters) == 1 and connection.execute(
        "select typrelid <> 0 from pg_type where oid = %s::regtype", [parameters[0][1]]
    ).fetchone() == (True,):
        return []  # a computed column: its argument is a row that was read before
    calls = []
    for variant in range(2):
        values = []
        for name, kind, has_default in parameters:
            if kind == "uuid":
                things = _things(name)
                value = str(key("a") if "company" in name else key("a", things[variant % len(things)]))
            elif has_default:
                continue
            else:
                fitting = [text for part, text in VALID.items() if part in name and kind == "text"]
                value = (fitting or [SAMPLES.get(kind, "{}" if kind.endswith("[]") else "x")])[0]
            argument = sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(kind))
            values.append(sql.SQL("{} => {}").format(sql.Identifier(name), argument) if name else argument)
        function = sql.SQL(".").join(map(sql.Identifier, signature.split("(", maxsplit=1)[0].split(".")))
        calls.append(sql.SQL("select to_jsonb(r)::text from {}({}) as r").format(function, sql.SQL(", ").join(values)))
    return calls


def _state(connection: Connection) -> dict[str, Any]:
    """A checksum of company a's rows, by table."""
    tables: LiteralString = """
        select a.attrelid::regclass::text from pg_attribute as a join pg_class as c on c.oid = a.attrelid
        where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p')
            and a.attname = 'company_id'
    """
    checksum = sql.SQL("select md5(string_agg(to_jsonb(t)::text, '' order by to_jsonb(t)::text)) from {} as t where {}")
    company = sql.SQL("t.company_id = {}").format(sql.Literal(key("a")))
    found = {}
    for (table,) in connection.execute(tables).fetchall():
        name = sql.Identifier(*(table.split(".") if "." in table else ("public", table)))
        found[table] = connection.execute(checksum.format(name, company)).fetchone()
    return found


def _answer(connection: Connection, call: sql.Composed) -> str:
    """What the call answers; nothing where it is refused."""
    try:
        with connection.transaction():
            return " ".join(str(row[0]) for row in connection.execute(call))
    except psycopg.Error as error:
        if error.sqlstate == "42501" or str(error.sqlstate).startswith("L"):
            return ""
        raise


@pytest.mark.parametrize("who", ["other_admin", "deactivated"])
@pytest.mark.parametrize("signature", CALLABLE)
def test_no_call_reads_or_changes_another_company(connection: Connection, signature: str, who: str) -> None:
    """An admin of b, and somebody deactivated, hand over ids of company a: an error of ours, or nothing of a."""
    before = _state(connection)
    foreign = [str(key("a")), *(str(key("a", thing)) for thing in THINGS)]
    for call in _calls(connection, signature):
        with acting(connection, BY_NAME[who]):
            answer = _answer(connection, call)
            connection.execute("reset role")
            leaked = [value for value in foreign if value in answer and value not in call.as_string()]
            assert not leaked, f"{call.as_string()} answered {answer}"
            assert _state(connection) == before, f"{call.as_string()} changed company a"
