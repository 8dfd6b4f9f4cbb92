"""What a parsed payload turns into."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from edge_functions.errors import Reason

Raw = Any
"""The payload (bytes) of a message, or the JSON value of one item of a batch: see ``raw_bytes``."""


class Kind(IntEnum):
    """Which SQL function takes an item. The number is its rank: of one device's items in a phase, lower goes first."""

    HELLO = 0
    METADATA = 1
    CHUNK = 2
    PRESENCE = 3
    REPORT = 4
    TRIAL = 5
    LOG = 6


@dataclass(slots=True)
class Item:
    """One row's worth for SQL."""

    kind: Kind
    device: str
    """Canonical MAC or device_id of the topic."""
    value: dict[str, Any]
    raw: Raw
    """What a dead letter shows, should SQL refuse it."""


@dataclass(slots=True)
class Refusal:
    """One dead letter."""

    reason: Reason
    detail: str
    raw: Raw


Part = Item | Refusal


def raw_bytes(raw: Raw) -> bytes:
    """A dead letter's payload; an item of a batch in ASCII, so that surrogates and NaN survive the trip."""
    return raw if isinstance(raw, bytes) else json.dumps(raw).encode("ascii")
