"""The files that make the database: one function a file, all in the manifest, nothing in the platform's schemas."""

import re
from pathlib import Path

import psycopg
import pytest

from db.scratch import ROOT
from lics import error_codes, release

TREE = release.Tree(ROOT)
CODE = sorted((ROOT / "sql").rglob("*.sql"))
POLICIES = sorted((ROOT / "policies").glob("*.sql"))
DDL = [file for file in TREE.all_migrations() if not file.name.endswith("_code.sql")]

FUNCTION = re.compile(r"^\s*create\s+(?:or\s+replace\s+)?(?:function|procedure)\s+(?:(\w+)\.)?(\w+)", re.I | re.M)
VIEW = re.compile(r"^\s*create\s+(?:or\s+replace\s+)?(?:materialized\s+)?view\s+(?:(\w+)\.)?(\w+)", re.I | re.M)
PLATFORM = re.compile(
    r"^\s*(?:create|alter)\b(?!\s+policy)[^;(]*?\b(?:auth|storage|realtime|cron|extensions)\.\w+", re.I | re.M
)


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _code(file: Path) -> str:
    """The text without comments."""
    return re.sub(r"--[^\n]*", "", file.read_text())


def test_every_file_is_in_the_manifest_once() -> None:
    """A file that no manifest includes is not applied: add `\\ir` to sql/apply.sql, or delete it."""
    included = [file.resolve() for file in release.included(TREE.manifest)]
    missing = [_name(file) for file in [*CODE, *POLICIES] if file != TREE.manifest and file not in included]
    assert not missing, f"add to sql/apply.sql: {missing}"
    assert sorted(included) == sorted(set(included)), "a file is included twice"


@pytest.mark.parametrize("file", [file for file in CODE if file != TREE.manifest], ids=_name)
def test_one_function_or_view_a_file_under_its_name(file: Path) -> None:
    """The file is named like the function or view; overloads share a file, triggers stand with theirs."""
    names = {name for _, name in FUNCTION.findall(_code(file)) + VIEW.findall(_code(file))}
    assert names <= {file.stem}, f"{_name(file)} defines {sorted(names)}: one function a file, file = name"


@pytest.mark.parametrize("file", [file for file in CODE if file != TREE.manifest], ids=_name)
def test_every_function_has_the_house_shape(file: Path) -> None:
    """Header, comment on, revoke from public: in the same file."""
    text, code = file.read_text(), _code(file)
    for schema, name in FUNCTION.findall(code):
        qualified = f"{schema}.{name}"
        assert schema in {"public", "private"}, f"{name}: qualify it, public or private"
        assert re.search(rf"comment\s+on\s+(function|procedure)\s+{qualified}\b", code), f"comment on {qualified}"
        assert re.search(
            rf"revoke\s+(all|execute)\s+on\s+(function|procedure)\s+{qualified}\b[^;]*\bfrom\s+public\b", code
        )
        assert re.match(r"-- purpose:", text, re.I), "begin with the header: purpose, caller, promise"
        assert re.search(r"^-- caller:", text, re.M | re.I), "header: say the caller"
        assert re.search(r"^-- promise:", text, re.M | re.I), "header: say the promise"


@pytest.mark.parametrize("file", [*DDL, *CODE, *POLICIES], ids=_name)
def test_nothing_of_ours_in_the_platforms_schemas(file: Path) -> None:
    """Policies on realtime.messages and storage.objects are ours; nothing else in schemas of the platform."""
    found = PLATFORM.search(_code(file))
    assert found is None, f"{_name(file)}: {found.group(0).strip()}"


def test_a_policy_file_is_named_like_its_table() -> None:
    for file in POLICIES:
        tables = set(re.findall(r"create policy .*?\son\s+(\w+)\.(\w+)", _code(file), re.S))
        assert len(tables) <= 1, f"{_name(file)}: one file a table"
        assert all(file.stem in {table, f"{schema}_{table}"} for schema, table in tables), _name(file)


def test_migrations_are_named_as_the_cli_wants_and_in_order() -> None:
    names = [file.name for file in (ROOT / "migrations").glob("*.sql")]
    assert all(re.fullmatch(r"\d{14}_[a-z0-9_]+\.sql", name) for name in names), names
    assert len({name[:14] for name in names}) == len(names), "two migrations with one timestamp"


@pytest.mark.parametrize("file", DDL, ids=_name)
def test_a_migration_has_no_psql_and_no_transaction(file: Path) -> None:
    """The CLI gives each file a transaction of its own; a CONCURRENTLY statement stands alone in its file."""
    code = _code(file)
    assert not re.search(r"^\\", code, re.M), "psql's commands do not work in a pushed migration"
    assert not re.search(r"^\s*(begin|commit|rollback)\s*;", code, re.I | re.M), "no transaction commands"
    if re.search(r"\bconcurrently\b", code, re.I):
        assert code.count(";") == 1, "a CONCURRENTLY statement stands alone"


def test_the_newest_code_migration_is_what_the_manifest_gives() -> None:
    """Pushed migrations alone must give the same database as apply.sql: `make release-sql`."""
    assert release.problem(TREE) is None


def test_no_released_migration_was_edited() -> None:
    """A released migration is history: undo the edit and write a new one."""
    assert release.edited(TREE) == []


def test_error_codes_page_is_what_the_sql_gives(built: str) -> None:
    """docs/ERROR_CODES.md lists exactly private.error_codes: `python -m lics.error_codes` writes it."""
    errors = error_codes.read(error_codes.SOURCE.read_text())
    assert error_codes.PAGE.read_text() == error_codes.page(errors), "run: python -m lics.error_codes"
    with psycopg.connect(built) as connection:
        rows = connection.execute(
            "select code, name, http_status, message, hint from private.error_codes order by code"
        )
        assert [error_codes.ErrorCode(*row) for row in rows] == errors
