"""Which port each process listens on, and what happens when somebody else already has it."""

import contextlib
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from lics.stack.errors import StackError

EXPLICIT = "LICS_PORTS_SET"
"""Setting that lists the ports a person chose: those are never moved."""

MOVE_BY = 10_000


@dataclass(frozen=True)
class Port:
    """A port of the stack. One that `gives_way` (a standard port of other programs, or one that nobody types) may move
    when it is taken, unless a person chose it."""

    name: str
    default: int
    purpose: str
    gives_way: bool = False


PORTS = (
    Port("LICS_HTTP_PORT", 54321, "nginx, the front door"),
    Port("LICS_DB_PORT", 54322, "PostgreSQL"),
    Port("LICS_REST_PORT", 54323, "PostgREST"),
    Port("LICS_GATEWAY_PORT", 54324, "gateway"),
    Port("LICS_EDGE_PORT", 54325, "edge handlers (health, metrics)"),
    Port("LICS_REST_ADMIN_PORT", 54326, "PostgREST, health", gives_way=True),
    Port("LICS_MQTT_PORT", 1883, "Mosquitto", gives_way=True),
    Port("LICS_MQTT_ENROL_PORT", 1884, "Mosquitto, enrolment", gives_way=True),
    Port("LICS_MQTT_WS_PORT", 9001, "Mosquitto, WebSocket", gives_way=True),
)


def spare(address: str = "127.0.0.1") -> dict[str, str]:
    """A free port for each process, drawn by chance: for stacks beside the developer's own, several at a time."""
    found: dict[str, str] = {}
    for port in PORTS:
        # below Linux's range for outgoing connections
        start = 20_000 + secrets.randbelow(11_000)
        found[port.name] = str(_next_free(start, {int(number) for number in found.values()}, address))
    return found


def is_free(port: int, address: str = "127.0.0.1") -> bool:
    """Whether a program could listen there now (a connection that is only closing does not count)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Who listens on the port, as far as this user may know."""
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr[1:2] == (port,) and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    return "another program (whose name only root may see)"


def resolve(
    remembered: Mapping[str, str],
    chosen: Mapping[str, str],
    ours: Callable[[str, int], bool] = lambda _name, _port: False,
    address: str = "127.0.0.1",
) -> tuple[dict[str, str], list[str]]:
    """Choose every port and say what was moved.

    `remembered`: settings of earlier runs; `chosen`: the environment, which wins, remembered as a person's choice;
    `ours(name, port)`: whether our own running stack holds that port. Raises StackError for a port that may not move.
    """
    by_hand = {name for name in remembered.get(EXPLICIT, "").split(",") if name}
    settings: dict[str, str] = {}
    messages: list[str] = []
    taken: set[int] = set()
    for port in PORTS:
        if chosen.get(port.name) and chosen[port.name] != remembered.get(port.name):
            by_hand.add(port.name)
        number = _number(port, chosen.get(port.name) or remembered.get(port.name) or str(port.default))
        if number in taken:
            raise StackError(f"port {number} is asked for twice: set {port.name} ({port.purpose}) to another one")
        if not ours(port.name, number) and not is_free(number, address):
            if port.name in by_hand or not port.gives_way:
                free = _next_free(_aside(number), taken, address)
                raise StackError(
                    f"port {number} ({port.purpose}) is taken by {holder(number)}.\n"
                    f"Stop that program, or choose another port: {port.name}={free} make up"
                )
            free = _next_free(_aside(number), taken, address)
            messages.append(f"port {number} ({port.purpose}) is taken by {holder(number)}: using {free}")
            number = free
        taken.add(number)
        settings[port.name] = str(number)
    settings[EXPLICIT] = ",".join(port.name for port in PORTS if port.name in by_hand)
    return settings, messages


def _number(port: Port, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise StackError(f"{port.name}={text}: a port is a number from 1 to 65535")
    return int(text)


def _aside(port: int) -> int:
    """Where to look for a port in place of a taken one: 11883 is remembered more easily than 1885."""
    return port + MOVE_BY if port < MOVE_BY else port + 1


def _next_free(start: int, taken: set[int], address: str) -> int:
    for candidate in range(start, min(start + 1000, 65_536)):
        if candidate not in taken and is_free(candidate, address):
            return candidate
    raise StackError(f"no free port found from {start} on")
