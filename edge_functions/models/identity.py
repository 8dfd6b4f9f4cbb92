"""Who sent it: the topic's id in canonical form, and whether the payload agrees."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from uuid import UUID

from edge_functions.errors import RefusedError

_KEPT_PREFIXES = ("TEST-", "SYSTEM:", "VIRTUAL:")
_SEPARATORS = str.maketrans("", "", ":- \t\u00a0")
_MAC = re.compile(r"[0-9A-F]{12}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_LONGEST_ID = 64


@lru_cache(maxsize=16_384)
def canonical_mac(text: str) -> str | None:
    """Twelve upper-case hex digits, or a kept TEST-, SYSTEM: or VIRTUAL: id in upper case; None: no id."""
    upper = text.strip().upper()
    if upper.startswith(_KEPT_PREFIXES):
        # With a blank inside, or nothing after the prefix, it names nobody.
        bare = upper.removeprefix("TEST-").removeprefix("SYSTEM:").removeprefix("VIRTUAL:")
        usable = (
            bool(bare) and len(upper) <= _LONGEST_ID and upper.isascii() and upper.isprintable() and " " not in upper
        )
        return upper if usable else None
    bare = upper.translate(_SEPARATORS)
    return bare if _MAC.fullmatch(bare) else None


@lru_cache(maxsize=16_384)
def canonical_uuid(text: str) -> str | None:
    """Lower case with hyphens; None: not a UUID."""
    return str(UUID(text)) if _UUID.fullmatch(text) else None


def topic_mac(text: str) -> str:
    """The camera a topic names."""
    mac = canonical_mac(text)
    if mac is None:
        raise RefusedError("bad_topic", "not a MAC")
    return mac


def topic_uuid(text: str) -> str:
    """The rig a topic names."""
    device_id = canonical_uuid(text)
    if device_id is None:
        raise RefusedError("bad_topic", "not a device_id")
    return device_id


def same_camera(payload: dict[str, Any], mac: str) -> None:
    """The identity is the topic's; a payload that names another device is refused."""
    for key in ("device_id", "device_mac"):
        named = payload.get(key)
        if named is None or named == mac or (isinstance(named, str) and not named.strip()):
            continue
        if not isinstance(named, str) or canonical_mac(named) != mac:
            raise RefusedError("device_mismatch", key)


def same_rig(payload: dict[str, Any], device_id: str) -> None:
    """As for cameras. device_mac is no rig's identity on the wire and is not compared."""
    named = payload.get("device_id")
    if named is not None and named != device_id and (not isinstance(named, str) or canonical_uuid(named) != device_id):
        raise RefusedError("device_mismatch", "device_id")
