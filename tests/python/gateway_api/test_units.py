"""Parts that need no process: framing, buckets of the rate limit, names."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.problems import ApiError
from gateway.ratelimit import Buckets
from gateway.realtime.channel import JoinConfig
from gateway.realtime.frames import FrameError, Vsn, decode, encode
from gateway.storage.names import is_object_name, object_name


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)), st.sampled_from(["1.0.0", "2.0.0"]))
def test_decoding_gives_a_message_or_a_frame_error_never_anything_else(frame: bytes | str, vsn: Vsn) -> None:
    with contextlib.suppress(FrameError):
        decode(frame if isinstance(frame, str) else None, frame if isinstance(frame, bytes) else None, vsn)


@given(
    st.none() | st.text(max_size=8),
    st.text(max_size=20),
    st.dictionaries(st.text(max_size=5), st.integers(-(2**53), 2**53)),
)
def test_what_is_encoded_is_decoded_again(ref: str | None, topic: str, payload: dict[str, int]) -> None:
    versions: tuple[Vsn, Vsn] = ("1.0.0", "2.0.0")
    for vsn in versions:
        back = decode(encode(vsn, topic, "e", payload, ref=ref, join_ref=ref), None, vsn)
        assert (back.ref, back.join_ref, back.topic, back.event, back.payload) == (ref, ref, topic, "e", payload)


def test_version_one_frames_always_have_the_key_ref() -> None:
    assert json.loads(encode("1.0.0", "t", "e", {}))["ref"] is None


@pytest.mark.parametrize(
    "value", [None, {}, {"broadcast": None, "presence": None, "postgres_changes": None, "private": "true"}]
)
def test_join_configurations_are_read_leniently(value: object) -> None:
    config = JoinConfig.parse(value)
    assert config is not None
    assert config.private is bool(value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_join_configuration_breaks_the_parser(value: object) -> None:
    JoinConfig.parse({"broadcast": value, "postgres_changes": value, "presence": value, "private": value})


def test_a_bucket_lets_a_burst_through_and_refills_with_time() -> None:
    now = 0.0
    buckets = Buckets(2, 10.0, clock=lambda: now)
    assert [buckets.take("a"), buckets.take("a")] == [0.0, 0.0]
    assert buckets.take("a") == pytest.approx(10.0)
    assert buckets.take("b") == 0.0
    buckets.give_back("a")
    assert buckets.take("a") == 0.0
    now = 10.0
    assert buckets.take("a") == 0.0
    assert buckets.take("a") > 0


def test_buckets_forget_the_fullest_when_there_are_too_many() -> None:
    buckets = Buckets(2, 10.0, limit=10, clock=lambda: 0.0)
    buckets.take("guilty")
    buckets.take("guilty")
    for number in range(100):
        buckets.take(f"innocent {number}")
    assert buckets.take("guilty") > 0


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\x00b", "a\nb", "ä.jpg", "a\\b", "a" * 1025]
)
def test_bad_object_names_are_refused(name: str) -> None:
    assert not is_object_name(name)
    with pytest.raises(ApiError):
        object_name(name)


def test_good_object_names_are_kept() -> None:
    for name in ("a.jpg", "1b/ab_c-d (2).jpg", "a..b", "...a"):
        assert object_name(name) == name
