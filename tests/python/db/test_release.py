"""`lics release-sql`: the manifest becomes a migration; what is released stays as it is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lics import release

NOON = datetime(2030, 1, 1, 12, 0, 0, tzinfo=UTC)
MANIFEST = """\
-- The manifest.
\\set ON_ERROR_STOP on
set client_min_messages = warning;
begin;

\\ir time/now.sql
\\ir ../policies/sites.sql

commit;
notify pgrst, 'reload schema';
"""

FUNCTION = """\
create function private.f() returns int
language plpgsql
as $$
begin
    return 1;
end;
$$;
"""


@pytest.fixture
def tree(tmp_path: Path) -> release.Tree:
    """A small checkout: one migration, one function, one policy file."""
    for name, text in {
        "migrations/20300101000100_foundation.sql": "create schema private;\n",
        "migrations/released.sha256": "# none\n",
        "sql/apply.sql": MANIFEST,
        "sql/time/now.sql": FUNCTION,
        "policies/sites.sql": "alter table public.sites enable row level security;\n",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return release.Tree(tmp_path)


def test_the_manifest_is_compiled_in_its_order_without_psql(tree: release.Tree) -> None:
    text = release.release(tree, NOON).read_text()
    assert text.startswith("-- Generated")
    assert text.index("private.f()") < text.index("public.sites") < text.index("notify pgrst")
    assert "\\" not in text
    assert not {"begin;", "commit;"} & set(text.splitlines())


def test_releasing_twice_gives_the_same_file(tree: release.Tree) -> None:
    assert release.problem(tree) is not None
    first = release.release(tree, NOON)
    assert first.name == "20300101120000_code.sql"
    assert release.problem(tree) is None
    assert release.release(tree) == first


def test_a_changed_function_replaces_what_is_not_released(tree: release.Tree) -> None:
    first = release.release(tree, NOON)
    (tree.root / "sql/time/now.sql").write_text("select 2;\n")
    assert release.problem(tree) is not None
    assert release.release(tree) == first
    assert "select 2;" in first.read_text()
    assert tree.code_migrations() == [first]


def test_a_released_one_gets_a_successor(tree: release.Tree) -> None:
    first = release.release(tree, NOON)
    assert release.seal(tree) == ["20300101000100_foundation.sql", first.name]
    assert release.seal(tree) == []
    (tree.root / "sql/time/now.sql").write_text("select 2;\n")
    second = release.release(tree, NOON)
    assert second.name == "20300101120001_code.sql"
    assert tree.code_migrations() == [first, second]
    assert release.edited(tree) == []


def test_an_unreleased_one_moves_behind_a_newer_migration(tree: release.Tree) -> None:
    first = release.release(tree, NOON)
    (tree.migrations / "20300202000000_more.sql").write_text("select 1;\n")
    assert release.problem(tree) is not None
    second = release.release(tree, NOON)
    assert second.name == "20300202000001_code.sql"
    assert not first.exists()
    assert release.problem(tree) is None


def test_an_edited_or_removed_migration_is_named(tree: release.Tree) -> None:
    code = release.release(tree, NOON)
    release.seal(tree)
    (tree.migrations / "20300101000100_foundation.sql").write_text("create schema other;\n")
    code.unlink()
    assert release.edited(tree) == ["20300101000100_foundation.sql", code.name]


@pytest.mark.parametrize("line", ["\\copy t from 'x'", "commit;", "BEGIN;", "rollback;", "begin transaction;"])
def test_what_a_migration_cannot_hold_is_refused(tree: release.Tree, line: str) -> None:
    (tree.root / "sql/time/now.sql").write_text(f"select 1;\n{line}\n")
    with pytest.raises(release.ReleaseError, match=r"time/now\.sql:2"):
        release.release(tree, NOON)


def test_a_missing_file_and_a_strange_line_are_refused(tree: release.Tree) -> None:
    tree.manifest.write_text("\\ir time/gone.sql\n")
    with pytest.raises(release.ReleaseError, match=r"gone\.sql"):
        release.release(tree, NOON)
    tree.manifest.write_text("\\include time/now.sql\n")
    with pytest.raises(release.ReleaseError, match="include"):
        release.release(tree, NOON)
