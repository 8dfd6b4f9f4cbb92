"""`docs/SCHEMA.md` says what the database says."""

import psycopg

from lics import schema_page


def test_the_page_is_what_the_comments_of_the_database_give(built: str) -> None:
    """Failing: `.venv/bin/lics run -- python -m lics.schema_page`."""
    with psycopg.connect(built) as connection:
        assert schema_page.PAGE.read_text() == schema_page.page(connection)
