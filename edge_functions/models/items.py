"""What a parsed payload turns into."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from edge_functions.errors import Reason


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
    raw: bytes
    """The payload of a dead letter, should SQL refuse it."""


@dataclass(slots=True)
class Refusal:
    """One dead letter."""

    reason: Reason
    detail: str
    raw: bytes


Part = Item | Refusal
