"""The access matrix: reads the file, tries each cell for real, says what it found in the file's own words."""

import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from db.people import IDENTITIES, Connection, Identity, acting, key

FILE = Path(__file__).with_name("access_matrix.toml")
VERBS = ("select", "insert", "update", "delete")
GRANTEES = ("anon", "authenticated", "device", "edge", "service_role", "supabase_auth_admin", "gateway")
"""Roles that a function may be granted to."""


@dataclass(frozen=True)
class Matrix:
    """The file. Cells: see its head."""

    cells: dict[str, dict[str, str]]
    columns: dict[str, str]
    functions: dict[str, set[str]]

    @classmethod
    def read(cls) -> "Matrix":
        content = tomllib.loads(FILE.read_text())
        names = [identity.name for identity in IDENTITIES]
        cells = {}
        for table, verbs in content["tables"].items():
            for verb, row in verbs.items():
                words = row.split()
                if verb not in VERBS or len(words) != len(names):
                    raise ValueError(f"{table}.{verb}: {len(words)} cells instead of {len(names)}")
                cells[f"{table}.{verb}"] = dict(zip(names, words, strict=True))
        functions = {
            f"{schema}.{signature}": set(roles.split())
            for schema, signatures in content["functions"].items()
            for signature, roles in signatures.items()
        }
        return cls(cells, content["columns"], functions)


@dataclass(frozen=True)
class Column:
    """A column of a relation. `type` is ready for a cast."""

    name: str
    type: str
    generated: bool
    in_key: bool
    filled: bool


class Relation:
    """A table or view of public, and what somebody can do with it."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection, self.name = connection, name
        self.ident = sql.Identifier("public", name)

    @cached_property
    def columns(self) -> list[Column]:
        rows = self.connection.execute(
            """
            select a.attname, format_type(a.atttypid, a.atttypmod), a.attgenerated <> '',
                exists (
                    select from pg_index as i
                    where i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)
                ),
                a.atthasdef
            from pg_attribute as a
            where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """,
            [f"public.{self.name}"],
        )
        return [Column(*row) for row in rows]

    @cached_property
    def key(self) -> list[str]:
        """The primary key's columns; of a view every column."""
        return [column.name for column in self.columns if column.in_key] or [column.name for column in self.columns]

    def may(self, who: Identity, verb: str) -> list[Column]:
        """Columns for which the role has the privilege; for delete, which has no columns, all or none."""
        if verb == "delete":
            question = sql.Composed([sql.SQL("select has_table_privilege(%s, %s, 'delete')")])
            return self.columns if self.one(question, who.role, f"public.{self.name}") else []
        question = sql.Composed([sql.SQL("select has_column_privilege(%s, %s, %s, %s)")])
        return [
            column for column in self.columns if self.one(question, who.role, f"public.{self.name}", column.name, verb)
        ]

    def one(self, query: sql.Composed, *values: object) -> Any:
        """The first column of the first row."""
        row = self.connection.execute(query, values).fetchone()
        assert row is not None
        return row[0]

    def meant(self, cell: str, who: Identity) -> sql.Composable:
        """The rows a cell speaks of, as a condition that the owner can ask."""
        if cell == "all":
            return sql.SQL("true")
        if cell == "me":
            return sql.SQL("user_id = {}").format(sql.Literal(who.subject))
        if cell == "own":
            return sql.SQL("company_id = {}").format(sql.Literal(key(who.active or "nobody")))
        return sql.SQL("false")

    def rows(self, columns: list[str], condition: sql.Composable) -> list[str]:
        """Rows as the caller sees them, as text."""
        query = sql.SQL("select to_jsonb(x)::text from (select {} from {} where {}) as x order by 1").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)), self.ident, condition
        )
        return [row[0] for row in self.connection.execute(query)]


def found(relation: Relation, verb: str, who: Identity, cell: str) -> str:
    """What really happens where the file says `cell`: the same word, or one that tells the difference."""
    held = relation.may(who, verb)
    if cell == "no" and held:
        return f"granted ({', '.join(column.name for column in held)})"
    if verb == "select":
        return _select(relation, who, cell, held)
    if verb == "update":
        return _update(relation, who, cell, held)
    attempt = _insert if verb == "insert" else _delete
    if not any(column.name == "company_id" for column in relation.columns):
        outcome = attempt(relation, who, held, sql.SQL("true"))
        return {"done": "all", "nothing": "none"}.get(outcome, outcome)
    outcomes = {
        company: attempt(relation, who, held, sql.SQL("company_id = {}").format(sql.Literal(key(company))))
        for company in ("a", "b")
    }
    if len(set(outcomes.values())) == 1:
        return {"done": "all", "nothing": "none"}.get(outcomes["a"], outcomes["a"])
    done = [company for company, outcome in outcomes.items() if outcome == "done"]
    rest = {outcome for outcome in outcomes.values() if outcome != "done"}
    return "own" if done == [who.active] and rest == {"nothing"} else str(outcomes)


def _select(relation: Relation, who: Identity, cell: str, held: list[Column]) -> str:
    names = [column.name for column in held] or [relation.columns[0].name]
    with relation.connection.transaction(force_rollback=True):
        relation.connection.execute("select set_config('request.jwt.claims', %s, true)", [who.claims])
        expected = relation.rows(names, relation.meant(cell, who))
    try:
        with acting(relation.connection, who):
            seen = relation.rows(names, sql.SQL("true"))
    except psycopg.Error as error:
        return _refusal(error)
    return cell if seen == expected and cell != "no" else f"{len(seen)} rows instead of {len(expected)}"


def _update(relation: Relation, who: Identity, cell: str, held: list[Column]) -> str:
    plain = [column for column in held if not column.generated and not column.in_key and column.name != "company_id"]
    column = (plain or relation.columns)[0]
    keys = sql.SQL(", ").join(map(sql.Identifier, relation.key))
    expected = relation.rows(relation.key, relation.meant(cell, who))
    sample = sql.SQL("select max({c}::text) from {}").format(relation.ident, c=sql.Identifier(column.name))
    value = relation.one(sample)
    query = sql.SQL(
        "with done as (update {} set {c} = {c} returning {}) select to_jsonb(done)::text from done order by 1"
    ).format(relation.ident, keys, c=sql.Identifier(column.name))
    # without reading a column, select policies do not count: the update policy alone must hold
    blind = sql.SQL("update {} set {} = {}::{}").format(
        relation.ident,
        sql.Identifier(column.name),
        sql.Literal(value),
        sql.SQL(column.type),
    )
    try:
        with acting(relation.connection, who):
            touched = [row[0] for row in relation.connection.execute(query)]
        with acting(relation.connection, who):
            count = relation.connection.execute(blind).rowcount
    except psycopg.errors.IntegrityError:
        return cell if expected else "a constraint answered"
    except psycopg.Error as error:
        return _refusal(error)
    if touched != expected or count != len(expected) or cell == "no":
        return f"{len(touched)} rows, blindly {count}, instead of {len(expected)}"
    return cell


def _insert(relation: Relation, who: Identity, held: list[Column], condition: sql.Composable) -> str:
    """A copy of a row of one company, with a new key where the table makes keys."""
    columns = [c for c in held if not c.generated and not (c.in_key and c.filled)] or relation.columns[:1]
    names = [column.name for column in columns]
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in names)
    source = sql.SQL("select {} from {} where {} limit 1").format(texts, relation.ident, condition)
    row = relation.connection.execute(source).fetchone()
    assert row is not None, f"two_companies.sql has no row for {relation.name}"
    values = [
        sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(column.type))
        for value, column in zip(row, columns, strict=True)
    ]
    query = sql.SQL("insert into {} ({}) values ({})").format(
        relation.ident, sql.SQL(", ").join(map(sql.Identifier, names)), sql.SQL(", ").join(values)
    )
    return _try(relation, who, query)


def _delete(relation: Relation, who: Identity, held: list[Column], condition: sql.Composable) -> str:
    del held
    return _try(relation, who, sql.SQL("delete from {} where {}").format(relation.ident, condition))


def _try(relation: Relation, who: Identity, query: sql.Composed) -> str:
    try:
        with acting(relation.connection, who):
            return "done" if relation.connection.execute(query).rowcount else "nothing"
    except psycopg.errors.IntegrityError:
        # row level security was passed: constraints are looked at afterwards
        return "done"
    except psycopg.Error as error:
        return _refusal(error)


def _refusal(error: psycopg.Error) -> str:
    # 55000: a view over several tables cannot be written at all, whoever asks.
    if error.sqlstate == "42501" or (error.sqlstate == "55000" and "view" in str(error)):
        return "nothing" if "row-level security" in str(error) else "no"
    if error.sqlstate is not None and error.sqlstate.startswith("L"):
        return "guard"
    return f"{error.sqlstate}: {error}"
