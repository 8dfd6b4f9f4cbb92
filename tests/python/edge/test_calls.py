"""Which calls a batch becomes: few, and each device in its order."""

from hypothesis import given
from hypothesis import strategies as st

from edge_functions.calls import Unit, plan
from edge_functions.models.items import Item, Kind, Refusal

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
    assert made.calls == []
    assert [(letter.topic, letter.reason, letter.payload) for letter in made.letters] == [
        ("devices/x/data", "not_object", b"3")
    ]
