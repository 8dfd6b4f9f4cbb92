"""Who may do what: every table, function, kind of caller and verb, tried for real (access_matrix.toml)."""

import pytest
from psycopg import sql

from db.matrix import FILE, GRANTEES, VERBS, Matrix, Relation, found
from db.people import BY_NAME, IDENTITIES, Connection, key

MATRIX = Matrix.read()
TABLES = sorted({cell.split(".")[0] for cell in MATRIX.cells})

RELATIONS = """
select c.relname from pg_class as c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1
"""
FUNCTIONS = """
select
    format('%%s.%%s(%%s)', n.nspname, p.proname, (
        select string_agg(format_type(t.type, null), ',' order by t.i)
        from unnest(p.proargtypes) with ordinality as t (type, i)
    )),
    array(
        select r.rolname from pg_roles as r
        where r.rolname = any (%s) and has_function_privilege(r.oid, p.oid, 'execute')
    )
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
where
    n.nspname in ('public', 'private')
    and not exists (
        select from pg_depend as d
        where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
order by 1
"""


def test_every_table_and_view_has_its_rows_in_the_matrix(connection: Connection) -> None:
    """A new table without them fails: say for each verb who may."""
    present = [row[0] for row in connection.execute(RELATIONS)]
    missing = [f"{table}.{verb}" for table in present for verb in VERBS if f"{table}.{verb}" not in MATRIX.cells]
    reader = "no own own own own own own none no no all"
    nobody = " ".join(["no"] * len(IDENTITIES))
    lines = [f'{cell:45} = "{reader if cell.endswith("select") else nobody}"' for cell in missing]
    assert not missing, f"add to [tables] of {FILE.name}, for example:\n" + "\n".join(lines)
    assert set(TABLES) <= set(present), f"remove from {FILE.name}: {sorted(set(TABLES) - set(present))}"


def test_every_function_is_executable_by_exactly_the_roles_in_the_matrix(connection: Connection) -> None:
    """A new function without a line fails; so does a grant that the line does not have."""
    actual = {row[0]: set(row[1]) for row in connection.execute(FUNCTIONS, [list(GRANTEES)])}
    wrong = [signature for signature, roles in actual.items() if MATRIX.functions.get(signature) != roles]
    lines = []
    for signature in wrong:
        schema, short = signature.split(".", 1)
        lines.append(f'[functions.{schema}]  "{short}" = "{" ".join(sorted(actual[signature]))}"')
    assert not wrong, f"not as {FILE.name} says; if the grants are meant, write there:\n" + "\n".join(lines)
    gone = sorted(set(MATRIX.functions) - set(actual))
    assert not gone, f"remove from {FILE.name}: {gone}"


def test_two_companies_have_a_row_in_every_table(connection: Connection) -> None:
    """Without rows of both companies a policy could not be seen to fail: two_companies.sql."""
    for table in TABLES:
        relation = Relation(connection, table)
        names = [column.name for column in relation.columns]
        if "company_id" in names:
            query = sql.SQL("select company_id from {}").format(relation.ident)
            seen = {row[0] for row in connection.execute(query)}
            assert {key("a"), key("b")} <= seen, f"two_companies.sql: no row of both companies in {table}"


@pytest.mark.parametrize("cell", sorted(MATRIX.cells))
def test_everybody_gets_what_the_matrix_says_and_nothing_more(connection: Connection, cell: str) -> None:
    """Each identity tries the verb; selected and changed rows are compared one by one with those it should reach.

    Lessons 70 (no recursion: every login reads every table), 71 (an admin without memberships sees all of the company),
    72 (a super admin without a context row), 73 (a switched one sees the other company everywhere).
    """
    table, verb = cell.split(".")
    relation = Relation(connection, table)
    expected = MATRIX.cells[cell]
    actual = {name: found(relation, verb, BY_NAME[name], word) for name, word in expected.items()}
    assert actual == expected


@pytest.mark.parametrize("verb", ["insert", "update"])
def test_people_write_only_the_columns_in_the_matrix(connection: Connection, verb: str) -> None:
    """Grants are by column: keys, counters and flags are not among them."""
    for table in TABLES:
        columns = [column.name for column in Relation(connection, table).may(BY_NAME["admin"], verb)]
        assert " ".join(columns) == MATRIX.columns.get(f"{table}.{verb}", ""), f"[columns] {table}.{verb}"
