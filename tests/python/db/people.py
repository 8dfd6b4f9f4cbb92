"""Who asks: the identities of the access matrix, and how to become one inside a transaction."""

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

Connection = psycopg.Connection[tuple[Any, ...]]


def key(company: str, thing: str = "") -> uuid.UUID:
    """Key of a thing of company 'a' or 'b', as two_companies.sql makes it."""
    return uuid.UUID(md5((company + thing).encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True)
class Identity:
    """Somebody with a database role and a token. `active` is the company they must see: 'a', 'b' or nothing."""

    name: str
    role: str
    subject: uuid.UUID | None = None
    active: str | None = None

    @property
    def claims(self) -> str:
        """The token's claims as PostgREST hands them over; '' where there is no token."""
        if self.subject is None:
            return json.dumps({"role": self.role}) if self.role == "anon" else ""
        extra = {"scope": "device", "company_id": str(key("a"))} if self.role == "device" else {}
        return json.dumps({"role": self.role, "sub": str(self.subject), **extra})


IDENTITIES = [
    Identity("anon", "anon"),
    Identity("viewer", "authenticated", key("a", "viewer"), "a"),
    Identity("member", "authenticated", key("a", "member"), "a"),
    Identity("admin", "authenticated", key("a", "admin"), "a"),
    Identity("other_admin", "authenticated", key("b", "admin"), "b"),
    # two super admins of company b: one has never chosen a company, one has chosen a
    Identity("super", "authenticated", key("b", "fresh"), "b"),
    Identity("super_switched", "authenticated", key("b", "super"), "a"),
    Identity("deactivated", "authenticated", key("a", "gone")),
    Identity("device", "device", key("a", "rig")),
    Identity("edge", "edge"),
    Identity("service", "service_role"),
]
BY_NAME = {identity.name: identity for identity in IDENTITIES}


def fill(connection: Connection) -> None:
    """Two companies with a row in every table, as the owner."""
    text = re.sub(r"--[^\n]*", "", Path(__file__).with_name("two_companies.sql").read_text())
    with psycopg.ClientCursor(connection) as cursor:
        for company in ("a", "b"):
            cursor.execute(text.encode(), {"c": company})


@contextmanager
def acting(connection: Connection, who: Identity) -> Iterator[None]:
    """Be somebody until the end of the block; whatever happened in it is undone."""
    with connection.transaction(force_rollback=True):
        connection.execute("select set_config('request.jwt.claims', %s, true)", [who.claims])
        connection.execute(sql.SQL("set local role {}").format(sql.Identifier(who.role)))
        yield
