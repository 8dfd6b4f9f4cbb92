"""From bytes to JSON that fits jsonb, or a reason."""

import contextlib
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_functions.errors import RefusedError
from edge_functions.models.payload import MAX_BYTES, check, decode, one_object

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda children: st.lists(children, max_size=5) | st.dictionaries(st.text(), children, max_size=5),
    max_leaves=20,
)


def reason(payload: bytes) -> str:
    with pytest.raises(RefusedError) as refused:
        one_object(payload)
    return refused.value.reason


def nested(depth: int) -> bytes:
    return b'{"a":' * (depth - 1) + b"{}" + b"}" * (depth - 1)


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"", "not_json"),
        (b"hello", "not_json"),
        (b'{"a":1', "not_json"),
        (b"{'a':1}", "not_json"),
        (b"[]", "not_object"),
        (b"3", "not_object"),
        (b"null", "not_object"),
        (b'"text"', "not_object"),
        (b'{"a":NaN}', "not_finite"),
        (b'{"a":[{"b":-Infinity}]}', "not_finite"),
        (b'{"a":1e999}', "not_finite"),
        (b'{"a":"\\u0000"}', "bad_unicode"),
        (b'{"\\u0000":1}', "bad_unicode"),
        (b'{"a":"\\ud800"}', "bad_unicode"),
        (b'{"a":["\\udfff x"]}', "bad_unicode"),
        (b'{"a":"\xff"}', "bad_unicode"),
        (b'{"a":"\xed\xa0\x80"}', "bad_unicode"),
        (nested(9), "too_deep"),
        (b"[" * 100_000, "too_large"),
        (b"[" * 60_000, "too_deep"),
        (json.dumps({str(n): n for n in range(501)}).encode(), "too_large"),
        (b'{"a":"' + b"x" * MAX_BYTES + b'"}', "too_large"),
    ],
)
def test_what_cannot_be_a_row_has_one_reason(payload: bytes, expected: str) -> None:
    assert reason(payload) == expected


@pytest.mark.parametrize(
    "payload",
    [
        nested(8),
        json.dumps({str(n): n for n in range(500)}).encode(),
        b'{"a":"\\\\u0000"}',  # a backslash and five characters, no NUL
        b'{"a":"\\ud83d\\ude00"}',
        '{"a":"naïve “quoted” text"}'.encode(),
        b' \r\n {"a" : 1 } \t',
    ],
)
def test_what_fits_passes_unchanged(payload: bytes) -> None:
    assert one_object(payload) == json.loads(payload)


@pytest.mark.parametrize(
    "text",
    [
        "{“a”: “b”}",
        "{„a“: ‟b”}",
        "\ufeff{\"a\":\"b\"}",
        "\u00a0{\u00a0\"a\":\u202f\"b\"}",
    ],
)  # fmt: skip
def test_quotes_and_blanks_pasted_from_a_document_are_straightened(text: str) -> None:
    assert one_object(text.encode()) == {"a": "b"}


@given(value=JSON)
def test_any_json_is_decoded_as_it_is_or_refused_for_a_reason(value: Any) -> None:
    found = None
    try:
        payload = json.dumps(value).encode()
        decoded, suspicious = decode(payload)
        if suspicious:
            check(decoded)
    except RefusedError as refused:
        found = refused.reason
    if found is not None:
        assert found in {"bad_unicode", "too_deep", "too_large"}
    else:
        assert decoded == value
        orjson.dumps(decoded).decode().encode()
        assert b"\\u0000" not in orjson.dumps(decoded)


@given(payload=st.binary(max_size=300))
def test_no_bytes_whatsoever_raise_anything_else(payload: bytes) -> None:
    with contextlib.suppress(RefusedError):
        assert isinstance(one_object(payload), dict)
