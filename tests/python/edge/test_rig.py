"""Every form of rig-wire that rigs send."""

import json
from typing import Any
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_functions.errors import REASONS
from edge_functions.models.items import Item, Kind, Part, Refusal, raw_bytes
from edge_functions.routes import parse

RIG = str(uuid4())
RUN = str(uuid4())
SEED_TRIAL = {
    "deployment_id": RUN, "trial_number": 0, "started_at": "2026-02-10T13:00:12Z", "ended_at": "2026-02-10T13:00:13Z"
}  # fmt: skip


def parts(leaf: str, body: Any, rig: str = RIG) -> list[Part]:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse(f"devices/{rig}/{leaf}", payload)[1]


def item(leaf: str, body: Any) -> Item:
    (part,) = parts(leaf, body)
    assert isinstance(part, Item), part
    return part


def reasons(leaf: str, body: Any) -> list[str]:
    return [part.reason if isinstance(part, Refusal) else "" for part in parts(leaf, body)]


def as_sql_reads(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(orjson.dumps(value, option=orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z))
    return found


def test_the_seeds_trial_is_enough() -> None:
    found = item("data", SEED_TRIAL)
    value = as_sql_reads(found.value)
    assert found.kind is Kind.TRIAL
    assert (value["device_id"], value["deployment_id"], value["trial_number"]) == (RIG, RUN, 0)
    assert (value["started_at"], value["ended_at"]) == ("2026-02-10T13:00:12Z", "2026-02-10T13:00:13Z")
    assert (value["seq"], value["rev"], value["kind"], value["partial"], value["flags"]) == (
        None,
        1,
        "trial",
        False,
        [],
    )


@pytest.mark.parametrize(
    ("sent", "stored"), [(0, False), (1, True), (True, True), (False, False), (None, None), (1.0, True)]
)
def test_correct(sent: Any, stored: bool | None) -> None:
    assert item("data", SEED_TRIAL | {"correct": sent}).value["correct"] is stored


@pytest.mark.parametrize("value", [-12.5, 0, 412, 1e6, None])
def test_reaction_times_are_kept_as_sent(value: Any) -> None:
    assert item("data", SEED_TRIAL | {"reaction_time": value}).value["reaction_time"] == value


def test_a_missing_zone_means_utc_and_is_flagged() -> None:
    value = as_sql_reads(item("data", SEED_TRIAL | {"started_at": "2026-02-10 13:00:12.25"}).value)
    assert value["started_at"] in {"2026-02-10T13:00:12.250000+00:00", "2026-02-10T13:00:12.250000Z"}
    assert value["flags"] == ["no_zone"]


def test_another_zone_becomes_utc() -> None:
    value = as_sql_reads(item("data", SEED_TRIAL | {"ended_at": "2026-02-10T15:00:13+02:00"}).value)
    assert value["ended_at"] == "2026-02-10T13:00:13Z"
    assert value["flags"] == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"deployment_id": None}, "missing_field"),
        ({"deployment_id": "x"}, "bad_type"),
        ({"deployment_id": 7}, "bad_type"),
        ({"trial_number": None}, "missing_field"),
        ({"trial_number": -1}, "bad_type"),
        ({"trial_number": 1.5}, "bad_type"),
        ({"trial_number": True}, "bad_type"),
        ({"trial_number": 2**31}, "bad_type"),
        ({"started_at": None}, "missing_field"),
        ({"started_at": "today"}, "bad_time"),
        ({"started_at": "2026-02-10"}, "bad_time"),
        ({"started_at": "2026-02-30T00:00:00Z"}, "bad_time"),
        ({"started_at": "0001-01-01T00:00:00+10:00"}, "bad_time"),
        ({"ended_at": 1770728412}, "bad_time"),
        ({"seq": 0}, "bad_type"),
        ({"seq": 2**63}, "bad_type"),
        ({"rev": 0}, "bad_type"),
        ({"kind": "other"}, "bad_type"),
        ({"reaction_time": "fast"}, "bad_type"),
        ({"reaction_time": "Infinity"}, "not_finite"),
        ({"reaction_time": True}, "bad_type"),
        ({"correct": 2}, "bad_type"),
        ({"correct": "yes"}, "bad_type"),
        ({"device_id": str(uuid4())}, "device_mismatch"),
        ({"device_id": 3}, "device_mismatch"),
        ({"custom_data": [[[[[[[[1]]]]]]]]}, "too_deep"),
    ],
)
def test_refused_trials(change: dict[str, Any], expected: str) -> None:
    assert reasons("data", SEED_TRIAL | change) == [expected]


@pytest.mark.parametrize("field", list(SEED_TRIAL))
def test_every_field_of_the_seed_is_required(field: str) -> None:
    assert reasons("data", {key: value for key, value in SEED_TRIAL.items() if key != field}) == ["missing_field"]


def test_each_item_of_a_batch_is_judged_alone() -> None:
    good = json.dumps(SEED_TRIAL)
    payload = f'[{good}, {{"reaction_time":NaN}}, 3, {{"x":"\\ud800"}}, {{"x":"\\u0000"}}, {{}}, {good}]'.encode()
    assert reasons("data", payload) == [
        "",
        "not_finite",
        "not_object",
        "bad_unicode",
        "bad_unicode",
        "missing_field",
        "",
    ]
    bad = parts("data", payload)[1]
    assert raw_bytes(bad.raw) == b'{"reaction_time": NaN}'


@pytest.mark.parametrize(("leaf", "most"), [("data", 50), ("logs", 100)])
def test_the_size_of_a_batch(leaf: str, most: int) -> None:
    one = SEED_TRIAL if leaf == "data" else {"deployment_id": RUN, "level": "INFO", "message": "m"}
    assert reasons(leaf, []) == ["empty_batch"]
    assert reasons(leaf, [one] * most) == [""] * most
    assert reasons(leaf, [one] * (most + 1)) == ["too_large"]


def test_a_hundred_longest_lines_fit() -> None:
    line = {"deployment_id": RUN, "level": "INFO", "message": "x" * 8192, "line_no": 1, "stream": "stderr"}
    assert set(reasons("logs", [line] * 100)) == {""}
    assert reasons("logs", line | {"message": "x" * 70_000}) == ["too_large"]


@pytest.mark.parametrize(("sent", "passed"), [("info", "info"), (None, "INFO"), (20, "20"), (" DATA ", "DATA")])
def test_log_levels_reach_sql_as_text(sent: Any, passed: str) -> None:
    assert item("logs", {"deployment_id": RUN, "level": sent, "message": ""}).value["level"] == passed


@pytest.mark.parametrize(("body", "expected"), [({"level": "INFO"}, "missing_field"), ({"message": 5}, "bad_type")])
def test_refused_lines(body: dict[str, Any], expected: str) -> None:
    assert reasons("logs", body) == [expected]


@pytest.mark.parametrize("state", ["running", "completed", "failed", "timed_out", "cancelled"])
def test_a_runs_status(state: str) -> None:
    found = item("status", {"deployment_id": RUN, "status": state, "error": "why", "pid": 7, "end": {"entries": 3}})
    assert found.kind is Kind.REPORT
    assert (found.value["kind"], found.value["status"], found.value["error"]) == ("status", state, "why")
    assert found.value["details"] == {"pid": 7, "end": {"entries": 3}}


@pytest.mark.parametrize(("body", "accepted"), [({}, True), ({"accepted": True}, True), ({"accepted": False}, False)])
def test_an_ack(body: dict[str, Any], accepted: bool) -> None:
    found = item("ack", {"deployment_id": RUN, **body})
    assert (found.kind, found.value["kind"], found.value["accepted"]) == (Kind.REPORT, "ack", accepted)


@pytest.mark.parametrize("leaf", ["status", "heartbeat"])
def test_presence(leaf: str) -> None:
    found = item(leaf, {"status": "online", "boot_id": "b", "running": [RUN.upper()], "temp_c": 51.5})
    assert (found.kind, found.value["kind"]) == (Kind.PRESENCE, leaf)
    assert (found.value["running"], found.value["details"]) == ([RUN], {"temp_c": 51.5})
    assert item(leaf, {"status": "offline"}).value["running"] is None
    assert item(leaf, {"status": "online", "running": []}).value["running"] == []


@pytest.mark.parametrize(
    ("leaf", "body", "expected"),
    [
        ("status", {"status": "completed"}, "missing_field"),
        ("status", {"status": "asleep"}, "bad_type"),
        ("status", {}, "missing_field"),
        ("status", {"deployment_id": RUN, "status": "paused"}, "bad_type"),
        ("status", [], "not_object"),
        ("ack", {}, "missing_field"),
        ("heartbeat", {"running": "x"}, "bad_type"),
        ("heartbeat", [{"status": "online"}], "not_object"),
    ],
)
def test_refused_reports(leaf: str, body: Any, expected: str) -> None:
    assert reasons(leaf, body) == [expected]


@pytest.mark.parametrize("rig", ["A4CF12D0E39B", "x", RIG.replace("-", ""), RIG + "0"])
def test_a_rig_is_a_uuid(rig: str) -> None:
    (part,) = parts("data", SEED_TRIAL, rig)
    assert isinstance(part, Refusal)
    assert part.reason == "bad_topic"


OPTIONAL = """seq rev kind response reaction_time correct custom_data partial level message line_no at stream context
status running boot_id accepted reason error"""
FIELDS = st.sampled_from([*SEED_TRIAL, *OPTIONAL.split()])
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(RUN) | st.lists(st.text(), max_size=3)
)


@given(
    body=st.dictionaries(FIELDS, VALUES, max_size=8),
    seed=st.booleans(),
    leaf=st.sampled_from(["data", "logs", "ack", "status", "heartbeat"]),
    batch=st.booleans(),
)
def test_any_mix_of_fields_is_an_item_that_sql_can_read_or_a_reason(
    body: dict[str, Any], seed: bool, leaf: str, batch: bool
) -> None:
    whole = (SEED_TRIAL | body) if seed else body
    for part in parts(leaf, [whole, whole] if batch else whole):
        if isinstance(part, Item):
            as_sql_reads(part.value)
        else:
            assert part.reason in REASONS
            assert part.reason != "internal"
