"""`docs/SCHEMA.md` says what the database says."""

import os

import psycopg

from lics import schema_page


def test_the_page_is_what_the_comments_of_the_database_give() -> None:
    """Failing: `.venv/bin/lics run -- python -m lics.schema_page`."""
    with psycopg.connect(os.environ["LICS_DB_URL"]) as connection:
        assert schema_page.PAGE.read_text() == schema_page.page(connection)
