"""`docs/FIELD_LESSONS.md` names tests that exist; and two lessons about states."""

import re
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "FIELD_LESSONS.md"
LESSONS = {*range(1, 87)} - {64, 75, 77}


def test_every_lesson_has_its_row() -> None:
    """Each number once, with at least one test."""
    rows = re.findall(r"^\| (\d+) \|.*\| `.*` \|$", PAGE.read_text(), re.MULTILINE)
    assert [int(number) for number in rows] == sorted(LESSONS)


def test_every_named_test_exists() -> None:
    """In the file that is named, under the name that is given."""
    missing = []
    for file, name in re.findall(r"`([\w/]+\.(?:py|sql))::([^`]+)`", PAGE.read_text()):
        path = ROOT / "tests" / file
        text = path.read_text().replace("''", "'") if path.exists() else ""
        if (f"def {name}(" if file.endswith(".py") else name) not in text:
            missing.append(f"{file}::{name}")
    assert missing == []


def test_states_are_text_with_a_list(url: str) -> None:
    """Lessons 30 and 86: no enum types; every column that holds a state has its values in a CHECK."""
    with psycopg.connect(url) as connection:
        enums = connection.execute(
            "select typname from pg_type where typtype = 'e'"
            " and typnamespace in ('public'::regnamespace, 'private'::regnamespace)"
        ).fetchall()
        unlisted = connection.execute(
            """
            select a.attrelid::regclass::text, a.attname
            from pg_attribute as a
            join pg_class as c on c.oid = a.attrelid
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and not a.attisdropped
                and a.attname ~ '(^|_)(status|state|severity|kind)$' and a.atttypid = 'text'::regtype
                and not exists (
                    select from pg_constraint as k
                    where k.conrelid = a.attrelid and k.contype = 'c' and a.attnum = any (k.conkey)
                        and pg_get_constraintdef(k.oid) ~ 'ANY')
            """
        ).fetchall()
    assert enums == []
    assert unlisted == []


def test_alert_types_of_the_code_are_on_the_list(url: str) -> None:
    """Lesson 30: what the SQL raises is what the table takes."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "select string_agg(pg_get_constraintdef(oid), ' ') from pg_constraint"
            " where conrelid = 'device_alerts'::regclass and contype = 'c'"
            " and pg_get_constraintdef(oid) like '%alert_type%'"
        ).fetchone()
    assert row
    listed = set(re.findall(r"'(\w+)'", row[0]))
    code = "\n".join(file.read_text() for file in (ROOT / "sql").rglob("*.sql"))
    raised = set(re.findall(r"raise_alert\(\s*\w+(?:\.\w+)?,\s*'(\w+)'", code))
    raised |= set(re.findall(r"'(\w+)' as alert_type", code))
    assert {"clock_invalid", "image_transmission_failed"} <= raised
    assert raised <= listed
