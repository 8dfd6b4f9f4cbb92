"""Times on the wire."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, NamedTuple

_FIRST_CREDIBLE_YEAR = 2020
_LONGEST_RAW = 200
# Unpadded parts, a blank or a T between date and time, no zone: all seen.
_LOOSE = re.compile(
    r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+|\s*T\s*)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s*"
    r"(Z|UTC|[+-]\d{1,2}:?(?:\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)


class CaptureTime(NamedTuple):
    """When a camera says it took a picture, and how far that can be believed."""

    captured_at: str | None
    """RFC 3339 in UTC; None: SQL takes the server's time of the first receipt."""
    raw: str | None
    """The device's text, kept where it was unusable."""
    source: str
    """'device' or 'server'."""
    key: str | None
    """What makes a repeat the same capture: the UTC time, or the raw text."""


def rfc3339(instant: datetime) -> str:
    """UTC with Z; fractions of a second only where there are any."""
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_loose(text: str) -> datetime | None:
    """A time in any form that cameras send, in UTC; None: none can be read."""
    found = _LOOSE.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    microsecond = int((fraction or "").ljust(6, "0")[:6] or 0)
    try:
        local = datetime(
            int(year), int(month), int(day), int(hour), int(minute), int(second or 0), microsecond, tzinfo=_zone(zone)
        )
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _zone(text: str | None) -> timezone:
    if text is None or text.upper() in {"Z", "UTC"}:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def capture_time(value: Any) -> CaptureTime:
    """Never refuses: an unusable time means the server's, with the raw text kept."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return CaptureTime(None, None, "server", None)
    raw = value.strip() if isinstance(value, str) else str(value)
    instant = parse_loose(raw)
    if instant is None or instant.year < _FIRST_CREDIBLE_YEAR:
        raw = raw[:_LONGEST_RAW]
        return CaptureTime(None, raw, "server", raw)
    text = rfc3339(instant)
    return CaptureTime(text, None, "device", text)


def rig_time(value: Any) -> datetime:
    """RFC 3339, as UTC; a missing zone leaves the result naive, which the caller reads as UTC and flags."""
    if not isinstance(value, str) or len(value) < 16 or value[4] != "-" or value[10] not in "Tt ":
        raise ValueError("not RFC 3339")
    instant = datetime.fromisoformat(value)
    return instant if instant.tzinfo is UTC or instant.tzinfo is None else instant.astimezone(UTC)
