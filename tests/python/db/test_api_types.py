"""The generated types say what the database says."""

import psycopg
import pytest

from db.people import Connection
from lics import typegen


def test_the_committed_types_are_what_the_database_gives(built: str) -> None:
    """Failing: `.venv/bin/lics types`."""
    with psycopg.connect(built) as connection:
        for path, text in typegen.files(connection).items():
            assert path.read_text(encoding="utf-8") == text, f"{path.name} is out of date"


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("devices", "kind", {"camera", "rig"}),
        ("device_images", "status", {"receiving", "complete", "failed"}),
        ("users", "role", {"viewer", "member", "admin"}),
    ],
)
def test_a_listed_text_is_a_union(connection: Connection, table: str, column: str, values: set[str]) -> None:
    relation = next(each for each in typegen.read(connection).relations if each.name == table)
    kind = next(each for each in relation.columns if each.name == column).kind
    assert (kind.name, set(kind.values)) == ("union", values)


def test_every_check_of_one_text_column_by_a_list_is_understood(connection: Connection) -> None:
    """A list in a form that the generator does not know would silently become a string."""
    listed = connection.execute(
        """
        select c.relname, a.attname from pg_constraint as k
        inner join pg_class as c on c.oid = k.conrelid
        inner join pg_attribute as a on a.attrelid = c.oid and k.conkey = array[a.attnum]
        where c.relnamespace = 'public'::regnamespace and k.contype = 'c' and a.atttypid = 'text'::regtype
            and pg_get_constraintdef(k.oid) like '%ANY (ARRAY[%'
        """
    ).fetchall()
    unions = {
        (relation.name, column.name)
        for relation in typegen.read(connection).relations
        for column in relation.columns
        if column.kind.name == "union"
    }
    known = {relation.name for relation in typegen.read(connection).relations}
    assert listed
    assert {(table, column) for table, column in listed if table in known} <= unions


def test_nothing_that_no_role_may_use_is_typed(connection: Connection) -> None:
    found = typegen.read(connection)
    names = {each.name for each in found.relations} | set(found.functions)
    assert {"devices", "deploy_experiment"} <= names
    connection.execute("create table public.hidden (company_id uuid); revoke all on public.hidden from public")
    assert "hidden" not in {each.name for each in typegen.read(connection).relations}
    connection.execute("drop table public.hidden")
