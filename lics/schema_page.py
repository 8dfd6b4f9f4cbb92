"""Write `docs/SCHEMA.md` from the comments in a built database: `lics run -- python -m lics.schema_page`."""

import os
import sys
from pathlib import Path

import psycopg

PAGE = Path(__file__).resolve().parents[1] / "docs" / "SCHEMA.md"

_HEAD = """\
# Tables and columns

Generated from `comment on` by `.venv/bin/lics run -- python -m lics.schema_page`; a test compares.
These are the names in SQL, in REST (`/rest/v1/<table>`) and in Realtime.
`·` marks a column of the primary key, `→` the table a column refers to.
"""

_COLUMNS = """
select
    c.relname,
    obj_description(c.oid),
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    a.attnotnull,
    exists (
        select from pg_constraint as k where k.conrelid = c.oid and k.contype = 'p' and a.attnum = any(k.conkey)
    ),
    (
        select string_agg(distinct k.confrelid::regclass::text, ', ') from pg_constraint as k
        where k.conrelid = c.oid and k.contype = 'f' and k.conkey[cardinality(k.conkey)] = a.attnum
    ),
    col_description(c.oid, a.attnum)
from pg_class as c
inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'p')
order by c.relname, a.attnum
"""


def page(connection: psycopg.Connection[tuple[object, ...]]) -> str:
    """The page: one section a table or view, one row a column."""
    parts, table = [_HEAD], None
    for name, about, column, kind, required, key, target, meaning in connection.execute(_COLUMNS).fetchall():
        if name != table:
            table = name
            parts.append(f"\n## {name}\n{about}\n\n| column | type | | meaning |\n|---|---|---|---|\n")
        marks = " ".join(filter(None, ["·" if key else "", f"→ {target}" if target else ""]))
        parts.append(f"| `{column}` | {kind}{'' if required else ', null'} | {marks} | {meaning or ''} |\n")
    return "".join(parts).replace("→ public.", "→ ")


def main() -> int:
    """Write the page from the database at LICS_DB_URL; with `--check` only say whether it is up to date."""
    with psycopg.connect(os.environ["LICS_DB_URL"]) as connection:
        text = page(connection)
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text() != text)
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
