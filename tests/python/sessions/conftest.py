"""A cluster for the tests of this folder."""

from collections.abc import Iterator

import pytest
from db.scratch import Cluster, apply_code, run_ddl, running_cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One cluster for the session."""
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="module")
def url(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """Owner's URL of a fresh database for the module: DDL migrations, then sql/apply.sql."""
    owner = cluster.create(request.module.__name__.rsplit(".", 1)[-1])
    run_ddl(owner)
    apply_code(owner)
    return owner
