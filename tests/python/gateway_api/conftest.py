"""One database and one gateway for the whole run."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from db.scratch import ROOT, apply_code, run_ddl, run_psql, running_cluster

from gateway_api.export_lab import Lab
from gateway_api.world import Gateway, World

NEEDED = ("LICS_DB_URL", "LICS_GATEWAY_DB_URL", "LICS_JWT_SECRET", "LICS_JWT_PRIVATE_KEY_FILE")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Where the database is: the running stack's (its variables are in the environment), else a throw-away cluster."""
    if all(name in os.environ for name in NEEDED):
        yield {name: os.environ[name] for name in NEEDED}
        return
    with running_cluster() as cluster:
        owner = cluster.create("lics")
        run_ddl(owner)
        apply_code(owner)
        run_psql(owner, ROOT / "seed" / "buckets.sql")
        yield {
            "LICS_DB_URL": owner,
            "LICS_GATEWAY_DB_URL": cluster.url("lics", "gateway"),
            "LICS_JWT_SECRET": secrets.token_hex(32),
            "LICS_JWT_PRIVATE_KEY_FILE": str(_new_key(tmp_path_factory.mktemp("keys"))),
        }


def _new_key(folder: Path) -> Path:
    file = folder / "es256.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return file


@pytest.fixture(scope="session")
def world(settings: dict[str, str]) -> Iterator[World]:
    """The gateway and its people."""
    gateway = Gateway(settings)
    gateway.start()
    try:
        world = World(settings, gateway)
        yield world
        world.forget_images()
    finally:
        gateway.remove()


@pytest.fixture(scope="session")
def lab(world: World) -> Lab:
    """Runs with trials in company a."""
    return Lab(world)
