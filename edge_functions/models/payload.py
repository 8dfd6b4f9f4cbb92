"""From bytes to a JSON value that fits jsonb, or a reason."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

from edge_functions.errors import RefusedError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 8
MAX_KEYS = 500

# Pasted from a document: quotation marks, no-break and zero-width blanks, a byte order mark.
_STRAIGHT = str.maketrans(
    {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u201f": '"', "\u2033": '"', "\u2018": "'", "\u2019": "'",
     "\u00a0": " ", "\u202f": " ", "\u200b": " ", "\ufeff": " "}
)  # fmt: skip


def decode(payload: bytes, max_bytes: int = MAX_BYTES) -> tuple[Any, bool]:
    """The JSON value, and whether ``check`` must look at its parts (they may hold what jsonb cannot)."""
    if len(payload) > max_bytes:
        raise RefusedError("too_large", f"{len(payload)} bytes")
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _decode_dirty(payload), True
    return value, (
        b"\\u0000" in payload or payload.count(b"{") + payload.count(b"[") > MAX_DEPTH or payload.count(b":") > MAX_KEYS
    )


def _decode_dirty(payload: bytes) -> Any:
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError:
        try:  # half a surrogate pair, encoded as if it were a character
            payload.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise RefusedError("bad_unicode", "not UTF-8") from None
        raise RefusedError("bad_unicode", "a lone surrogate") from None
    for candidate in (text, text.translate(_STRAIGHT)):
        try:
            return json.loads(candidate, parse_int=_integer)
        except RecursionError:
            raise RefusedError("too_deep") from None
        except ValueError:
            continue
    raise RefusedError("not_json")


def _integer(digits: str) -> int | float:
    """As orjson does it: what no 64-bit integer holds is a float."""
    number = float(digits)
    return int(digits) if abs(number) < 2**63 else number


def check(value: Any) -> None:
    """Raise the reason why this value does not fit a row: depth, keys, NaN, NUL, lone surrogates."""
    keys = 0
    stack: list[tuple[Any, int]] = [(value, 1)]
    while stack:
        node, depth = stack.pop()
        if isinstance(node, str):
            _check_text(node)
        elif isinstance(node, float):
            if not math.isfinite(node):
                raise RefusedError("not_finite")
        elif isinstance(node, dict):
            if depth > MAX_DEPTH:
                raise RefusedError("too_deep")
            keys += len(node)
            if keys > MAX_KEYS:
                raise RefusedError("too_large", f"more than {MAX_KEYS} keys")
            for key, child in node.items():
                _check_text(key)
                stack.append((child, depth + 1))
        elif isinstance(node, list):
            if depth > MAX_DEPTH:
                raise RefusedError("too_deep")
            stack.extend((child, depth + 1) for child in node)


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise RefusedError("bad_unicode", "a NUL")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise RefusedError("bad_unicode", "a lone surrogate") from None


def one_object(payload: bytes) -> dict[str, Any]:
    """A payload that must be one JSON object."""
    value, suspicious = decode(payload)
    if not isinstance(value, dict):
        raise RefusedError("not_object")
    if suspicious:
        check(value)
    return value
