"""The brokers' first accounts and rights, so that they can start; the edge process then keeps the main one's files."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path

from lics.stack.envfile import write_private
from lics.stack.paths import Paths

ROUNDS = 101
"""Mosquitto's own number of PBKDF2 rounds: the passwords here are random and long."""

_EDGE_ACL = "user {user}\ntopic readwrite #\n"
_ENROL_ACL = """\
# Whoever enrols may say HELLO, and hear the answers to the id that is its client id.
pattern read +/%c/cmd
pattern read +/%c/ack

user {user}
topic write +/+/status
"""


def prepare(paths: Paths, settings: Mapping[str, str]) -> None:
    """Write password and ACL files, unless they are there and let the account in."""
    _account(paths.broker, "", settings["LICS_EDGE_MQTT_USER"], settings["LICS_EDGE_MQTT_PASSWORD"], _EDGE_ACL)
    enrol = settings["LICS_MQTT_ENROL_USER"], settings["LICS_MQTT_ENROL_PASSWORD"]
    _account(paths.broker, "enrol.", *enrol, _ENROL_ACL)


def _account(folder: Path, prefix: str, user: str, password: str, rights: str) -> None:
    passwd, acl = folder / f"{prefix}passwd", folder / f"{prefix}acl"
    known = passwd.read_text().splitlines() if passwd.exists() else []
    if acl.exists() and any(matches(line, user, password) for line in known):
        return
    write_private(passwd, password_line(user, password) + "\n")
    write_private(acl, rights.format(user=user))


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
