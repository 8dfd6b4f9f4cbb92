"""Databases for the tests of this folder, in a cluster of their own."""

from collections.abc import Iterator

import psycopg
import pytest

from db.people import Connection, fill
from db.scratch import Cluster, apply_code, run_ddl, running_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One cluster for the session."""
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="session")
def built(cluster: Cluster) -> str:
    """Owner's URL of a database as developers have it: DDL migrations, then sql/apply.sql. Tests leave it as it is."""
    url = cluster.create("built")
    run_ddl(url)
    apply_code(url)
    return url


@pytest.fixture(scope="module")
def connection(built: str) -> Iterator[Connection]:
    """The owner's connection, in a transaction with two companies that is rolled back in the end."""
    with psycopg.connect(built) as opened:
        fill(opened)
        yield opened
        opened.rollback()
