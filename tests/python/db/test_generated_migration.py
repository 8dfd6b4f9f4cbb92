"""The generated code migration may be renamed while it is not released."""

from pathlib import Path

import psycopg

from db.scratch import Cluster
from lics.stack.database import forget_generated


def test_only_a_generated_migration_that_is_gone_is_forgotten(cluster: Cluster) -> None:
    """What the CLI remembers of tables stays, and a database that knows no migration is left alone."""
    url = cluster.create("renamed")
    forget_generated(url, [])
    with psycopg.connect(url) as connection:
        connection.execute("create schema supabase_migrations")
        connection.execute("create table supabase_migrations.schema_migrations (version text primary key, name text)")
        connection.execute(
            "insert into supabase_migrations.schema_migrations values ('1', 'foundation'), ('2', 'code'), ('4', 'code')"
        )
    forget_generated(url, [Path("migrations/3_runs.sql"), Path("migrations/4_code.sql")])
    with psycopg.connect(url) as connection:
        rows = connection.execute("select version from supabase_migrations.schema_migrations order by 1").fetchall()
    assert rows == [("1",), ("4",)]
