"""One exception tree: everything this package raises on purpose."""

from __future__ import annotations

from typing import Literal, get_args

Reason = Literal[
    "not_json",
    "not_object",
    "too_large",
    "bad_topic",
    "missing_field",
    "bad_type",
    "bad_time",
    "not_finite",
    "bad_unicode",
    "unknown_device",
    "unknown_deployment",
    "device_mismatch",
    "too_deep",
    "empty_batch",
    "conflict",
    "internal",
]
"""Why a message makes no row: the closed list, also a check constraint of private.mqtt_dead_letters."""

REASONS: frozenset[str] = frozenset(get_args(Reason))


class EdgeError(Exception):
    """Root of the tree."""


class RefusedError(EdgeError):
    """A payload, or one item of a batch, that cannot become a row. The detail never holds a value of the payload."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


class BrokerError(EdgeError):
    """The connection to the broker could not be made, or ended: try again later."""


class BrokerUnreliableError(EdgeError):
    """The broker lacks what ack-after-commit rests on: starting would lose messages."""


class DatabaseAwayError(EdgeError):
    """PostgreSQL cannot be reached, or refuses for a reason that is not the message's: try again later."""
