"""Write the types of the public API from a built database: TypeScript for supabase-js, Python for supabase-py.

`lics types` writes both files, a test compares. What `anon`, `authenticated`, `device` or `service_role` may use is in
them. A text column whose CHECK lists its values becomes a union; in views every column may be null, as PostgreSQL says.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from lics import typegen_python, typegen_typescript

ROOT = Path(__file__).resolve().parents[1]
TYPESCRIPT = ROOT / "console" / "src" / "api" / "types.ts"
PYTHON = ROOT / "lics" / "api_types.py"

Connection = psycopg.Connection[tuple[Any, ...]]

_ROLES = "array['anon', 'authenticated', 'device', 'service_role']"

_TYPES = """
select t.oid, t.typname, t.typtype, t.typelem, t.typcategory, t.typbasetype, coalesce(c.relname, ''),
    coalesce(c.relkind::text, ''),
    array(select e.enumlabel::text from pg_enum as e where e.enumtypid = t.oid order by e.enumsortorder),
    t.typnamespace = 'public'::regnamespace
from pg_type as t
left join pg_class as c on c.oid = t.typrelid
"""

_COLUMNS = f"""
select c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull, a.atthasdef or a.attidentity <> '',
    a.attgenerated <> '' or a.attidentity = 'a',
    (
        select pg_get_constraintdef(k.oid) from pg_constraint as k
        where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
            and pg_get_constraintdef(k.oid) like '%ANY (ARRAY[%'
        order by k.conname limit 1
    )
from pg_class as c
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace
    and (c.relkind = 'c' or c.relkind in ('r', 'v', 'p', 'm') and exists (
        select from unnest({_ROLES}) as role where has_any_column_privilege(role, c.oid, 'select')
    ))
order by c.relname collate "C", a.attname collate "C"
"""  # noqa: S608

_KEYS = """
with keys as (
    select k.*, s.relname as source, t.relname as target
    from pg_constraint as k
    inner join pg_class as s on s.oid = k.conrelid
    inner join pg_class as t on t.oid = k.confrelid
    where k.contype = 'f' and s.relnamespace = 'public'::regnamespace and t.relnamespace = 'public'::regnamespace
)
select k.source, k.conname, k.target,
    array(
        select a.attname::text from unnest(k.conkey) with ordinality as u (n, i)
        inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.n order by u.i
    ),
    array(
        select a.attname::text from unnest(k.confkey) with ordinality as u (n, i)
        inner join pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.n order by u.i
    ),
    exists (
        select from pg_index as i
        where i.indrelid = k.conrelid and i.indisunique and i.indpred is null and i.indexprs is null
            and i.indnkeyatts = cardinality(k.conkey)
            and array(select n from unnest(i.indkey[0:i.indnkeyatts - 1]) as n order by n)
            = array(select n from unnest(k.conkey) as n order by n)
    )
from keys as k
order by k.source collate "C", k.conname collate "C"
"""

_FUNCTIONS = f"""
select p.proname, p.proargnames, coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargmodes::text[],
    p.pronargs, p.pronargdefaults, p.prorettype, p.proretset
from pg_proc as p
where p.pronamespace = 'public'::regnamespace and p.prokind = 'f'
    and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype)
    and exists (select from unnest({_ROLES}) as role where has_function_privilege(role, p.oid, 'execute'))
order by p.proname collate "C", pg_get_function_identity_arguments(p.oid) collate "C"
"""  # noqa: S608


@dataclass(frozen=True)
class Kind:
    """A type as JSON carries it: a name of `NAMES`, the values of a union, the relation of a row, a list of another."""

    name: str
    values: tuple[str, ...] = ()
    of: Kind | None = None


NAMES = ("string", "integer", "number", "boolean", "json", "nothing", "union", "row", "list", "columns")
"""`row`: `values` has the relation's name; `columns`: the function's own table, in `Function.columns`."""


@dataclass(frozen=True)
class Column:
    """A column, a parameter or a result's column. `optional`: may be left out when writing."""

    name: str
    kind: Kind
    null: bool
    optional: bool = False
    never: bool = False


@dataclass(frozen=True)
class Key:
    """A foreign key."""

    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    one_to_one: bool


@dataclass
class Relation:
    """A table, a view or a composite type; `computed` are functions of a row, told when a select names them."""

    name: str
    is_table: bool
    is_view: bool
    columns: list[Column] = field(default_factory=list)
    computed: list[Column] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)


@dataclass(frozen=True)
class Function:
    """One RPC form."""

    name: str
    parameters: tuple[Column, ...]
    returns: Kind
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """The public API."""

    relations: list[Relation]
    functions: dict[str, list[Function]]


_PLAIN = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("float4", "float8", "numeric"), "number"),
    "bool": "boolean", "json": "json", "jsonb": "json", "void": "nothing", "record": "json",
}  # fmt: skip
_LIST = re.compile(r"^CHECK \(\(\(?\"?\w+\"? = ANY \(ARRAY\[([^\]]*)\]\)\)?( OR .* IS NULL\))?\)\)$")
_VALUE = re.compile(r"'((?:[^']|'')*)'::text")


class _Types:
    """Kinds of PostgreSQL's types."""

    def __init__(self, connection: Connection) -> None:
        self._rows = {row[0]: row[1:] for row in connection.execute(_TYPES).fetchall()}

    def kind(self, oid: int) -> Kind:
        """As PostgREST writes it into JSON."""
        name, sort, element, category, base, relation, _, labels, public = self._rows[oid]
        if category == "A" and element:
            return Kind("list", of=self.kind(element))
        if sort == "d":
            return self.kind(base)
        if sort == "e":
            return Kind("union", tuple(labels))
        if sort == "c" and public:
            return Kind("row", (relation,))
        return Kind(_PLAIN.get(name, "string"))

    def table_of(self, oid: int) -> str | None:
        """The table or view whose row this type is."""
        relation, relkind = self._rows[oid][5:7]
        return relation if relkind in {"r", "v", "p", "m"} else None


def read(connection: Connection) -> Catalogue:
    """The public API of the database."""
    types = _Types(connection)
    relations: dict[str, Relation] = {}
    for name, relkind, column, oid, required, default, never, check in connection.execute(_COLUMNS).fetchall():
        found = relations.setdefault(name, Relation(name, relkind in {"r", "p"}, relkind in {"v", "m"}))
        kind, null = types.kind(oid), not required
        if listed := _LIST.match(check or ""):
            kind = Kind("union", tuple(value.replace("''", "'") for value in _VALUE.findall(listed[1])))
        found.columns.append(Column(column, kind, null, optional=null or default, never=never))
    for source, name, target, columns, target_columns, single in connection.execute(_KEYS).fetchall():
        if source in relations and target in relations:
            relations[source].keys.append(Key(name, tuple(columns), target, tuple(target_columns), single))
    functions: dict[str, list[Function]] = defaultdict(list)
    for row in connection.execute(_FUNCTIONS).fetchall():
        if row[4] == 1 and (table := types.table_of(row[2][0])) in relations:
            relations[str(table)].computed.append(Column(row[0], types.kind(row[6]), null=True))
        else:
            functions[row[0]].append(_function(types, row))
    return Catalogue(list(relations.values()), dict(functions))


def _function(types: _Types, row: tuple[Any, ...]) -> Function:
    name, names, oids, modes, given, defaults, result, is_set = row
    every = list(zip(names or [""] * len(oids), oids, modes or ["i"] * len(oids), strict=True))
    inputs = [(each, oid) for each, oid, mode in every if mode in {"i", "b", "v"}]
    parameters = tuple(
        Column(each, types.kind(oid), null=False, optional=position >= given - defaults)
        for position, (each, oid) in enumerate(inputs)
    )
    outputs = tuple(Column(each, types.kind(oid), null=True) for each, oid, mode in every if mode in {"t", "o", "b"})
    kind = Kind("columns") if len(outputs) > 1 or (outputs and is_set) else types.kind(result)
    return Function(name, parameters, Kind("list", of=kind) if is_set else kind, outputs)


def files(connection: Connection) -> dict[Path, str]:
    """The two files as the database gives them."""
    found = read(connection)
    return {TYPESCRIPT: typegen_typescript.text(found), PYTHON: typegen_python.text(found)}
