"""`lics gateway --only seeds`: beside a project that signs the tokens; here the ordinary gateway plays the project."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway_api.export_lab import Lab
from gateway_api.world import ROOT, Gateway, World


@pytest.fixture(scope="module")
def beside(world: World) -> Iterator[Gateway]:
    """It has neither a private key nor a directory of images."""
    without = {name: value for name, value in world.settings.items() if name != "LICS_JWT_PRIVATE_KEY_FILE"}
    gateway = Gateway(
        without,
        LICS_GATEWAY_ONLY="seeds",
        LICS_JWKS_URL=f"{world.url}/auth/v1/.well-known/jwks.json",
        LICS_STORAGE_DIR="",
        LICS_API_URL=world.url,
    )
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.remove()


def test_an_export_with_the_projects_token(lab: Lab, beside: Gateway) -> None:
    """The same bytes as at the project's side, and nothing for the other company."""
    run = lab.run().add({"seq": 1, "response": "left"})
    path = f"/api/deployments/{run.deployment_id}/export/csv"
    mine, other = (
        httpx.get(beside.url + path, headers={"Authorization": f"Bearer {lab.token(person)}"})
        for person in (lab.world.member_a, lab.world.member_b)
    )
    assert (mine.status_code, mine.content) == (200, run.bytes())
    assert other.status_code == 404


def test_nothing_of_the_platform_is_served(beside: Gateway) -> None:
    for path in ("/auth/v1/health", "/storage/v1/bucket", "/realtime/v1/websocket"):
        assert httpx.get(beside.url + path).status_code == 404
    assert httpx.get(beside.url + "/healthz").json()["status"] == "ok"


def test_a_token_of_another_key_is_refused(lab: Lab, beside: Gateway) -> None:
    """Signed by nobody we know: with the project's key id, with another, with none."""
    good = lab.token(lab.world.member_a)
    claims = jwt.decode(good, options={"verify_signature": False})
    stranger = ec.generate_private_key(ec.SECP256R1())
    path = f"{beside.url}/api/deployments/{lab.run().deployment_id}/export/csv"
    for headers in ({"kid": jwt.get_unverified_header(good)["kid"]}, {"kid": "another"}, {}):
        forged = jwt.encode({**claims, "exp": time.time() + 600}, stranger, algorithm="ES256", headers=headers)
        assert httpx.get(path, headers={"Authorization": f"Bearer {forged}"}).status_code == 401


def test_a_form_without_its_settings_says_so(world: World) -> None:
    """Neither form starts half set up."""
    for settings, words in (
        ({"LICS_GATEWAY_ONLY": "seeds"}, "LICS_JWKS_URL"),
        ({}, "LICS_JWT_PRIVATE_KEY_FILE"),
    ):
        outside = {name: value for name, value in os.environ.items() if not name.startswith("LICS_")}
        needed = {name: world.settings[name] for name in ("LICS_GATEWAY_DB_URL", "LICS_JWT_SECRET")}
        done = subprocess.run(
            [sys.executable, "-m", "gateway"],
            env={**outside, **needed, **settings, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode != 0
        assert words in done.stderr
