"""Which calls a batch becomes: few, and each device in its order."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_functions.calls import Unit, plan
from edge_functions.models.items import Item, Kind, Refusal
from edge_functions.routes import parse

EVENTS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(list(Kind))), max_size=60)


def unit(device: str, kind: Kind, number: int) -> Unit:
    return Unit("t", Item(kind, device, {"n": number}, b""))


def order(units: list[Unit]) -> list[int]:
    return [one.part.value["n"] for one in units if isinstance(one.part, Item)]


@given(events=EVENTS)
def test_nothing_is_lost_and_each_device_keeps_its_order(events: list[tuple[str, Kind]]) -> None:
    units = [unit(device, kind, number) for number, (device, kind) in enumerate(events)]
    made = plan(units)
    called = [one for _, group in made.calls for one in group]
    assert sorted(order(called)) == list(range(len(events)))
    for device in "abc":
        mine = [one for one in called if isinstance(one.part, Item) and one.part.device == device]
        assert order([one for one in mine if isinstance(one.part, Item) and one.part.kind is not Kind.LOG]) == [
            number for number, (who, kind) in enumerate(events) if who == device and kind is not Kind.LOG
        ]
        assert order([one for one in mine if isinstance(one.part, Item) and one.part.kind is Kind.LOG]) == [
            number for number, (who, kind) in enumerate(events) if who == device and kind is Kind.LOG
        ]


def test_many_devices_in_step_need_one_call_a_kind() -> None:
    units = [
        unit(f"device {device}", kind, 0) for kind in (Kind.HELLO, Kind.METADATA, Kind.CHUNK) for device in range(50)
    ]
    assert [kind for kind, _ in plan(units).calls] == [Kind.HELLO, Kind.METADATA, Kind.CHUNK]


def test_log_lines_between_trials_cost_no_call() -> None:
    units = [unit("rig", kind, number) for number in range(50) for kind in (Kind.TRIAL, Kind.LOG)]
    assert [kind for kind, _ in plan(units).calls] == [Kind.TRIAL, Kind.LOG]


def test_refusals_become_dead_letters() -> None:
    made = plan([Unit("devices/x/data", Refusal("not_object", "", 3))])
    assert (made.calls, made.rejections) == ([], [])
    assert [(letter.topic, letter.reason, letter.payload) for letter in made.letters] == [
        ("devices/x/data", "not_object", b"3")
    ]


RIG, RUN = str(uuid4()), str(uuid4())
BAD = {"deployment_id": RUN, "seq": 7, "trial_number": "seven", "started_at": "2026-02-10T13:00:12Z", "ended_at": "x"}


def rejected(body: Any, topic: str = f"devices/{RIG}/data") -> list[dict[str, Any]]:
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    return plan([Unit(topic, part) for part in parse(topic, payload)[1]]).rejections


def test_a_trial_that_cannot_be_read_is_answered_where_its_number_can() -> None:
    answer = {"device_id": RIG, "deployment_id": RUN, "seq": 7, "reason": "bad_type"}
    assert rejected(BAD) == [answer]
    assert rejected([BAD, BAD | {"seq": 8}]) == [answer, answer | {"seq": 8}]
    assert rejected(BAD, f"devices/{RIG.upper()}/data") == [answer]


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"reaction_time": float("nan")}, "not_finite"), ({"response": "\x00"}, "bad_unicode"),
     ({"response": [[[[[[[[[1]]]]]]]]]}, "too_deep"), ({"device_id": str(uuid4())}, "device_mismatch"),
     ({"custom_data": "x" * 70_000}, "too_large"), ({"ended_at": None}, "missing_field")],
)  # fmt: skip
def test_whatever_the_reason_was(change: dict[str, Any], reason: str) -> None:
    good = {"trial_number": 7, "ended_at": "2026-02-10T13:00:13Z"}
    assert [item["reason"] for item in rejected(BAD | good | change)] == [reason]


def test_a_batch_refused_as_a_whole_names_every_trial() -> None:
    assert [item["seq"] for item in rejected([BAD | {"seq": seq} for seq in range(1, 52)])] == list(range(1, 52))


@pytest.mark.parametrize(
    "body",
    [b"{", b"[1]", b'{"seq": 7}', BAD | {"seq": 0}, BAD | {"seq": True}, BAD | {"seq": "7"}, BAD | {"seq": 2**63},
     BAD | {"deployment_id": "x"}, BAD | {"deployment_id": 5}, {key: BAD[key] for key in BAD if key != "seq"}, []],
)  # fmt: skip
def test_what_cannot_be_read_is_not_answered(body: Any) -> None:
    assert rejected(body) == []


@pytest.mark.parametrize("topic", [f"devices/{RIG}/logs", "devices/x/data", f"device/{RIG}/data"])
def test_only_trials_are_answered(topic: str) -> None:
    assert rejected(BAD, topic) == []
