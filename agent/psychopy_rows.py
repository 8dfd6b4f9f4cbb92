"""From a row of PsychoPy's data file to the fields of a trial. Knows names of columns, and nothing of PsychoPy itself.

Every value of the row arrives once: what has a field of its own there, the rest in `custom_data`.
Runs in the experiment's interpreter: Python 3.10, standard library.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

_ANSWERING = frozenset({"rt", "keys", "corr", "response", "rating"})
"""A component with one of these columns is one that a participant answers with."""
_PLAIN_ANSWERS = frozenset({"rt", "key", "keys", "corr", "correct", "resp", "response", "rating", "choice"})
"""The same in scripts that name columns without a component."""
_TIMES = frozenset({"started", "stopped", "t"})
_CORRECT = ("corr", "correct")


def trial_of(row: dict[str, Any], loops: Collection[str]) -> dict[str, Any]:
    """The fields `response`, `reaction_time` (ms), `correct` and `custom_data` of one row.

    `loops`: names of the experiment's loops. TrialHandler2 writes each value also below its loop's name
    (`trials.resp.rt` beside `resp.rt`); where both are equal one is enough.
    """
    merged = {name: value for name, value in row.items() if not _is_double(name, value, row, loops)}
    answering = {_component(name) for name in merged if _field(name) in _ANSWERING} - {""} - set(loops)
    response = {
        name: value
        for name, value in merged.items()
        if (_component(name) in answering and _field(name) not in _TIMES) or name.lower() in _PLAIN_ANSWERS
    }
    return {
        "response": response or None,
        "reaction_time": _reaction_time(merged),
        "correct": _correct(merged),
        "custom_data": {name: value for name, value in merged.items() if name not in response},
    }


def _is_double(name: str, value: Any, row: dict[str, Any], loops: Collection[str]) -> bool:
    loop, dot, rest = name.partition(".")
    if not dot or loop not in loops or rest not in row or rest.startswith("this"):
        return False
    other = row[rest]
    try:
        return other is value or bool(other == value) or (other != other and value != value)  # noqa: PLR0124 - NaN
    except Exception:
        # arrays do not compare with one answer: then both are kept
        return False


def _component(name: str) -> str:
    return name.rpartition(".")[0]


def _field(name: str) -> str:
    return name.rpartition(".")[2].lower()


def _reaction_time(row: dict[str, Any]) -> float | None:
    """The first `*.rt` that is a number, or begins with one ("store all keys" keeps a list)."""
    for name, value in row.items():
        if _field(name) == "rt":
            first = value[0] if isinstance(value, (list, tuple)) and value else value
            seconds = _number(first)
            if seconds is not None and math.isfinite(seconds):
                # to the microsecond: without the noise of the multiplication and of numpy's short numbers
                return round(seconds * 1000, 3)
    return None


def _correct(row: dict[str, Any]) -> bool | None:
    for name, value in row.items():
        if _field(name) in _CORRECT:
            found = _number(value, booleans=True)
            if found in (0, 1):
                return bool(found)
    return None


def _number(value: Any, *, booleans: bool = False) -> float | None:
    """A number of Python's or numpy's; None for anything else."""
    if isinstance(value, bool):
        return float(value) if booleans else None
    if isinstance(value, (str, bytes, list, tuple, dict)) or value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
