"""The stack's settings: generated at the first `lics up`, remembered in `.lics/env`, a few settable from outside."""

import getpass
import os
import pwd
import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from lics.stack import ports
from lics.stack.errors import StackError
from lics.stack.keys import api_key
from lics.stack.paths import Paths

PG_BIN = Path("/usr/lib/postgresql/15/bin")

DEVICE_KID = "device-1"
"""Name of the key that signs devices' tokens, in the database (`private.signing_key`) and in PostgREST's key set."""

DEMO_DOMAINS = {"MEMBER": "meadow", "ADMIN": "meadow", "VIEWER": "meadow", "OTHER": "harbour", "SUPER": "lics"}
"""Demo people and the domain (below `.example`) of their address; OTHER belongs to the second company."""

PRINTED = (
    "LICS_API_URL",
    "LICS_DB_URL",
    "LICS_MQTT_HOST",
    "LICS_MQTT_PORT",
    "LICS_MQTT_ENROL_PORT",
    "LICS_MQTT_ENROL_USER",
    "LICS_MQTT_ENROL_PASSWORD",
    "LICS_ANON_KEY",
    "LICS_SERVICE_KEY",
    *(f"LICS_DEMO_{who}_{what}" for who in DEMO_DOMAINS for what in ("EMAIL", "PASSWORD")),
    "LICS_DEMO_CAMERA_MAC",
    "LICS_DEMO_CAMERA_MQTT_USER",
    "LICS_DEMO_CAMERA_MQTT_PASSWORD",
    "LICS_DEMO_RIG_ID",
    "LICS_DEMO_RIG_KEY",
    "LICS_DEMO_DEPLOYMENT_ID",
)
"""What `lics env` prints, in this order."""

_BY_HAND = re.compile(
    r"LICS_(BIND|MQTT_ENROL_(USER|PASSWORD)|DEMO_[A-Z]+_(EMAIL|PASSWORD)|SMTP_(URL|FROM)|PUBLIC_URL|WEBHOOK_PRIVATE"
    r"|SEED|BACKUP_DIR|TLS_(CERT|KEY|HTTPS_PORT|MQTT_PORT|ENROL_PORT))"
)
"""Settings besides the ports that a person may give in the environment; the rest follows from them or is generated."""


def secret(size: int = 24) -> str:
    """A new random secret: hexadecimal, so that it needs no quoting in URLs, files and shells. `size` in bytes."""
    return secrets.token_hex(size)


def _generated() -> dict[str, str]:
    """What is made once. The demo's devices have fixed identities and fresh secrets."""
    camera = "02A1C5000001"
    jwt_secret = secret(32)
    return {
        "LICS_BIND": "127.0.0.1",
        "LICS_MQTT_HOST": "127.0.0.1",
        "LICS_DB_SUPERUSER_PASSWORD": secret(),
        "LICS_DB_OWNER_PASSWORD": secret(),
        "LICS_DB_EDGE_PASSWORD": secret(),
        "LICS_DB_GATEWAY_PASSWORD": secret(),
        "LICS_DB_AUTHENTICATOR_PASSWORD": secret(),
        "LICS_JWT_SECRET": jwt_secret,
        "LICS_DEVICE_JWT_SECRET": secret(32),
        "LICS_DEVICE_JWT_KID": DEVICE_KID,
        "LICS_ANON_KEY": api_key("anon", jwt_secret),
        "LICS_SERVICE_KEY": api_key("service_role", jwt_secret),
        "LICS_EDGE_MQTT_USER": "edge",
        "LICS_EDGE_MQTT_PASSWORD": secret(),
        "LICS_MQTT_ENROL_USER": "enrol",
        "LICS_MQTT_ENROL_PASSWORD": secret(8),
        **{
            f"LICS_DEMO_{who}_{what}": f"{who.lower()}@{domain}.example" if what == "EMAIL" else secret(8)
            for who, domain in DEMO_DOMAINS.items()
            for what in ("EMAIL", "PASSWORD")
        },
        "LICS_DEMO_CAMERA_MAC": camera,
        "LICS_DEMO_CAMERA_MQTT_USER": camera,
        "LICS_DEMO_CAMERA_MQTT_PASSWORD": secret(12),
        "LICS_DEMO_RIG_ID": "019a0000-0000-7000-8000-00000000d001",
        "LICS_DEMO_RIG_KEY": f"lics_{secret(8)}_{secret(32)}",
        "LICS_DEMO_DEPLOYMENT_ID": "019a0000-0000-7000-8000-00000000de01",
        # the simulated fleet's devices, which are not the ones above
        "LICS_FLEET_PASSWORD": secret(12),
        "LICS_FLEET_RIG_ID": "019a0000-0000-7000-8000-00000000d002",
        "LICS_FLEET_RIG_KEY": f"lics_{secret(8)}_{secret(32)}",
        "LICS_FLEET_DEPLOYMENT_ID": "019a0000-0000-7000-8000-00000000de02",
        # the rig that a real agent plays
        "LICS_LAB_RIG_ID": "019a0000-0000-7000-8000-00000000d003",
        "LICS_LAB_RIG_KEY": f"lics_{secret(8)}_{secret(32)}",
    }


def _derived(paths: Paths, settings: Mapping[str, str]) -> dict[str, str]:
    """What follows from the rest."""

    def db(role: str, password: str) -> str:
        return f"postgresql://{role}:{settings[password]}@127.0.0.1:{settings['LICS_DB_PORT']}/lics"

    return {
        "LICS_API_URL": f"http://127.0.0.1:{settings['LICS_HTTP_PORT']}",
        "LICS_DB_URL": db("lics_owner", "LICS_DB_OWNER_PASSWORD"),
        "LICS_EDGE_DB_URL": db("edge_handler", "LICS_DB_EDGE_PASSWORD"),
        "LICS_GATEWAY_DB_URL": db("gateway", "LICS_DB_GATEWAY_PASSWORD"),
        "LICS_REST_DB_URL": db("authenticator", "LICS_DB_AUTHENTICATOR_PASSWORD"),
        "LICS_JWT_PRIVATE_KEY_FILE": str(paths.keys / "es256.pem"),
        "LICS_JWKS_FILE": str(paths.keys / "jwks.json"),
        "LICS_STORAGE_DIR": str(paths.storage),
        "LICS_BROKER_DIR": str(paths.broker),
        "LICS_PSYCHOPY_PYTHON": str(paths.root / ".venv-psychopy" / "bin" / "python"),
    }


def settle(
    paths: Paths, remembered: Mapping[str, str], environ: Mapping[str, str], running: bool
) -> tuple[dict[str, str], list[str]]:
    """All settings for this run, and what to tell the person. `running`: our own stack is up and holds its ports."""
    by_hand = {name: value for name, value in environ.items() if value and _BY_HAND.fullmatch(name)}
    base = {**_generated(), **remembered, **by_hand}
    found, messages = ports.resolve(
        remembered,
        environ,
        ours=lambda name, port: running and remembered.get(name) == str(port),
        address=base["LICS_BIND"],
    )
    base.update(found)
    return {**base, **_derived(paths, base)}, messages


def postgres_user() -> str:
    """The operating system's user that runs PostgreSQL: never root, which it refuses."""
    if os.geteuid() != 0:
        return getpass.getuser()
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        raise StackError("there is no user 'postgres': is postgresql-15 installed? ./bootstrap does it") from None
