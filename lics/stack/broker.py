"""The broker's first account and rights, so that it can start; afterwards the edge process writes both files."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping

from lics.stack.envfile import write_private
from lics.stack.paths import Paths

ROUNDS = 101
"""Mosquitto's own number of PBKDF2 rounds: the passwords here are random and long."""


def prepare(paths: Paths, settings: Mapping[str, str]) -> None:
    """Write password and ACL file, unless they are there and let the edge in."""
    user, password = settings["LICS_EDGE_MQTT_USER"], settings["LICS_EDGE_MQTT_PASSWORD"]
    passwd, acl = paths.broker / "passwd", paths.broker / "acl"
    known = passwd.read_text().splitlines() if passwd.exists() else []
    if acl.exists() and any(matches(line, user, password) for line in known):
        return
    write_private(passwd, password_line(user, password) + "\n")
    write_private(acl, f"user {user}\ntopic readwrite #\n")


def password_line(user: str, password: str, salt: bytes | None = None) -> str:
    """A line of Mosquitto's password file: PBKDF2-SHA512, 64 bytes, a salt of 12."""
    salt = salt or secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS, 64)
    return f"{user}:$7${ROUNDS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def matches(line: str, user: str, password: str) -> bool:
    """Whether a line of the password file is this user with this password."""
    name, _, hashed = line.partition(":")
    parts = hashed.split("$")
    if name != user or len(parts) != 5 or parts[1] != "7":
        return False
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), base64.b64decode(parts[3]), int(parts[2]), 64)
    return hmac.compare_digest(digest, base64.b64decode(parts[4]))
