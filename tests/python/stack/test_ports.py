"""Who gives way when a port is taken."""

import os
import socket
from collections.abc import Iterator

import pytest

from lics.stack import ports
from lics.stack.errors import StackError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which a program (this one) really listens, on every address."""
    with socket.create_server(("0.0.0.0", 0)) as server:  # noqa: S104
        yield server.getsockname()[1]


def free() -> dict[str, str]:
    return ports.spare()


def test_a_listening_program_is_seen_and_named(taken: int) -> None:
    assert not ports.is_free(taken)
    assert f"process {os.getpid()}" in ports.holder(taken)


def test_a_standard_port_that_nobody_chose_gives_way_and_says_so(taken: int) -> None:
    remembered = {**free(), "LICS_MQTT_PORT": str(taken)}
    settings, messages = ports.resolve(remembered, {})
    assert settings["LICS_MQTT_PORT"] != str(taken)
    assert ports.is_free(int(settings["LICS_MQTT_PORT"]))
    assert len(messages) == 1
    assert f"port {taken} (Mosquitto)" in messages[0]
    assert settings["LICS_MQTT_PORT"] in messages[0]


def test_a_standard_port_that_a_person_chose_is_an_error(taken: int) -> None:
    with pytest.raises(StackError, match=rf"port {taken} \(Mosquitto\)[^\0]*LICS_MQTT_PORT="):
        ports.resolve(free(), {"LICS_MQTT_PORT": str(taken)})


def test_a_choice_is_remembered_as_one(taken: int) -> None:
    chosen = free()
    settings, _ = ports.resolve({}, chosen)
    assert {name: settings[name] for name in chosen} == chosen
    with pytest.raises(StackError, match="LICS_MQTT_PORT"):
        ports.resolve({**settings, "LICS_MQTT_PORT": str(taken)}, {})


def test_a_port_of_ours_that_is_taken_is_an_error_with_everything_needed(taken: int) -> None:
    with pytest.raises(StackError) as caught:
        ports.resolve({**free(), "LICS_DB_PORT": str(taken)}, {})
    text = str(caught.value)
    assert str(taken) in text
    assert "PostgreSQL" in text
    assert f"process {os.getpid()}" in text
    assert "LICS_DB_PORT=" in text


def test_our_own_running_stack_does_not_count(taken: int) -> None:
    remembered = {**free(), "LICS_DB_PORT": str(taken)}
    settings, messages = ports.resolve(remembered, {}, ours=lambda name, _port: name == "LICS_DB_PORT")
    assert settings["LICS_DB_PORT"] == str(taken)
    assert messages == []


@pytest.mark.parametrize("text", ["", "0", "65536", "http", "-1"])
def test_what_is_no_port_is_refused_or_means_the_default(text: str) -> None:
    if text:
        with pytest.raises(StackError, match="from 1 to 65535"):
            ports.resolve(free(), {"LICS_HTTP_PORT": text})
    else:
        remembered = free()
        assert ports.resolve(remembered, {"LICS_HTTP_PORT": text})[0]["LICS_HTTP_PORT"] == remembered["LICS_HTTP_PORT"]


def test_one_port_for_two_purposes_is_refused() -> None:
    chosen = free()
    with pytest.raises(StackError, match="asked for twice"):
        ports.resolve({}, {**chosen, "LICS_EDGE_PORT": chosen["LICS_HTTP_PORT"]})
