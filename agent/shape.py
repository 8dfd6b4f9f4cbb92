"""From what a script says to a trial that fits the wire: never refuses, never loses a value.

The script's process is not trusted, so this happens here and not there. What has no field of its own moves into
`custom_data`; what JSON of the server cannot hold (NaN, infinities, NUL, half surrogates) is replaced and named in
`custom_data._nonfinite`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from typing import Any

LARGEST_INT = 2**31 - 1
DEEPEST = 5
"""Below this the server's limit of 8 levels is kept whatever stands around it."""
MOST_KEYS = 400
_OWN = ("deployment_id", "device_id", "seq", "rev", "boot_id")
_PLAIN = ("response", "reaction_time", "correct", "custom_data", "kind", "partial")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*([Zz]|[+-]\d\d:?\d\d)?")


def trial(given: dict[str, Any], at: float, number: int, earlier: float) -> dict[str, Any]:
    """A trial of the wire. `at`: when it was given, `earlier`: when the one before was, seconds since 1970;
    `number`: its place among this script's trials, for scripts that count nothing."""
    odd: dict[str, Any] = {}
    value = {key: given.get(key) for key in _PLAIN}
    found: dict[str, Any] = {
        "kind": "entry" if value["kind"] == "entry" else "trial",
        "trial_number": _number(given, number, odd),
        "started_at": _time(given, "started_at", earlier, odd),
        "ended_at": _time(given, "ended_at", at, odd),
        "response": value["response"],
        "reaction_time": _reaction(value["reaction_time"], odd),
        "correct": _truth(value["correct"], odd),
    }
    if value["partial"]:
        found["partial"] = True
    known = {"trial_number", "started_at", "ended_at", *_OWN, *_PLAIN}
    rest = {key: item for key, item in given.items() if key not in known}
    custom = value["custom_data"]
    if not isinstance(custom, dict):
        custom = {} if custom is None else {"custom_data": custom}
    found["custom_data"] = {**rest, **custom, **odd}
    return clean(found)


def _number(given: dict[str, Any], number: int, odd: dict[str, Any]) -> int:
    raw = given.get("trial_number")
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw <= LARGEST_INT and raw == int(raw):
        return int(raw)
    if raw is not None:
        odd["_trial_number"] = raw
    return number


def _time(given: dict[str, Any], key: str, default: float, odd: dict[str, Any]) -> str:
    raw = given.get(key)
    if isinstance(raw, str) and _TIME.fullmatch(raw):
        try:
            dt.datetime.fromisoformat(raw)
        except ValueError:
            pass
        else:
            return raw
    if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 < raw < 1e11:
        return _text(raw)
    if raw is not None:
        odd["_" + key] = raw
    return _text(default)


def _text(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _reaction(raw: Any, odd: dict[str, Any]) -> float | None:
    if raw is None or (isinstance(raw, int | float) and not isinstance(raw, bool)):
        return raw
    odd["_reaction_time"] = raw
    return None


def _truth(raw: Any, odd: dict[str, Any]) -> bool | None:
    if raw is None or isinstance(raw, bool):
        return raw
    if isinstance(raw, int | float) and raw in (0, 1):
        return bool(raw)
    odd["_correct"] = raw
    return None


def clean(found: dict[str, Any]) -> dict[str, Any]:
    """Replace what does not fit jsonb, and name each number that was not finite."""
    odd: dict[str, str] = {}
    budget = [MOST_KEYS]
    done = {key: _clean(item, key, 1, odd, budget) for key, item in found.items()}
    if odd:
        done["custom_data"]["_nonfinite"] = odd
    return done


def _clean(value: Any, path: str, depth: int, odd: dict[str, str], budget: list[int]) -> Any:
    if isinstance(value, dict | list):
        return _clean_inside(value, path, depth, odd, budget)
    if isinstance(value, float) and not math.isfinite(value):
        odd[text(path)[:200]] = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return str(value)
    return text(value) if isinstance(value, str) else value


def _clean_inside(
    value: dict[str, Any] | list[Any], path: str, depth: int, odd: dict[str, str], budget: list[int]
) -> Any:
    if isinstance(value, dict):
        budget[0] -= len(value)
    if depth > DEEPEST or budget[0] < 0:
        # as text: nothing is lost, and nothing counts as a level or a key
        return text(json.dumps(value, ensure_ascii=False))
    if isinstance(value, dict):
        return {text(key): _clean(item, f"{path}.{key}", depth + 1, odd, budget) for key, item in value.items()}
    return [_clean(item, f"{path}[{place}]", depth + 1, odd, budget) for place, item in enumerate(value)]


def text(value: str) -> str:
    """Without NUL and without halves of surrogate pairs: each is U+FFFD."""
    if value.isascii():
        return value.replace("\x00", "\ufffd")
    # a pair that came in two halves becomes its character
    joined = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", "\ufffd")
