"""What a check answers, and what the checks share."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One sentence about one thing. `todo`: what to do about it, empty when nothing is wrong."""

    check: str
    level: Level
    what: str
    todo: str = ""

    def as_dict(self) -> dict[str, str]:
        return {name: str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Patient:
    """What is looked at: settings by their `LICS_` names, the checkout that the database should be equal to, limits."""

    settings: Mapping[str, str]
    root: Path
    dead_letters: int = 50
    """So many an hour are worth a warning."""
    backup_hours: float = 26.0
    """A backup may be so old."""
    late_minutes: float = 5.0
    """A job of every minute may have begun so long ago."""


Check = Callable[[Patient], Iterator[Finding]]


def ok(check: str, what: str) -> Finding:
    return Finding(check, Level.OK, what)


def skipped(check: str, what: str, todo: str = "") -> Finding:
    return Finding(check, Level.SKIPPED, what, todo)


def warning(check: str, what: str, todo: str) -> Finding:
    return Finding(check, Level.WARNING, what, todo)


def wrong(check: str, what: str, todo: str) -> Finding:
    return Finding(check, Level.WRONG, what, todo)


def listed(names: list[str], most: int = 5) -> str:
    """A list for one line."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
