"""The table of routes: topic filter → parser. The items name their kind; `calls` has the SQL function of each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from edge_functions.errors import RefusedError
from edge_functions.models import camera, rig
from edge_functions.models.identity import topic_mac, topic_uuid
from edge_functions.models.items import Part, Refusal

SHARE = "$share/edge/"
CAMERA_PREFIXES = ("device", "ESP32CAM")
ENROLMENT = "enrol"
"""Mount point of the broker's enrolment listener."""

Handler = Callable[[str, bytes], list[Part]]
"""From (topic id, payload) to parts; raises RefusedError for a payload that is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Route:
    """One topic filter."""

    name: str
    filter: str
    handler: Handler


def _hello(prefix: str, topic_id: str, payload: bytes, *, enrolment: bool = False) -> list[Part]:
    return [camera.hello(prefix, topic_id, topic_mac(topic_id), payload, enrolment=enrolment)]


def _camera_data(prefix: str, topic_id: str, payload: bytes) -> list[Part]:
    return [camera.data(prefix, topic_id, topic_mac(topic_id), payload)]


def _rig(parse: Handler, topic_id: str, payload: bytes) -> list[Part]:
    return parse(topic_uuid(topic_id), payload)


def _table() -> list[Route]:
    routes = []
    for prefix in CAMERA_PREFIXES:
        routes += [
            Route("camera.status", f"{prefix}/+/status", partial(_hello, prefix)),
            Route("camera.data", f"{prefix}/+/data", partial(_camera_data, prefix)),
            Route("enrol.status", f"{ENROLMENT}/{prefix}/+/status", partial(_hello, prefix, enrolment=True)),
        ]
    rig_handlers: dict[str, Handler] = {
        "ack": rig.ack, "status": rig.status, "heartbeat": rig.heartbeat, "data": rig.data, "logs": rig.logs
    }  # fmt: skip
    routes += [
        Route(f"rig.{name}", f"devices/+/{name}", partial(_rig, handler)) for name, handler in rig_handlers.items()
    ]
    return routes


ROUTES = _table()
_OTHER_ENROLMENT = f"{ENROLMENT}/+/+/status"
"""Also subscribed, so that an unknown prefix ends as a dead letter instead of nowhere."""

# A topic's levels without the id, to its route.
_BY_SHAPE = {tuple(route.filter.split("/")): route for route in ROUTES}


def filters() -> list[str]:
    """What this handler subscribes to, shared with its fellow members."""
    own = [route.filter for route in ROUTES if not route.name.startswith("enrol.")]
    return [SHARE + topic for topic in (*own, _OTHER_ENROLMENT)]


def parse(topic: str, payload: bytes) -> tuple[str, list[Part]]:
    """The route's name (for metrics) and the parts. Never raises: what cannot be read is a refusal."""
    levels = topic.split("/")
    name = "none"
    try:
        if len(levels) < 3:
            raise RefusedError("bad_topic")  # noqa: TRY301 - one exit for every refusal
        topic_id = levels[-2]
        levels[-2] = "+"
        route = _BY_SHAPE.get(tuple(levels))
        if route is None:
            raise RefusedError("bad_topic", "no route")  # noqa: TRY301
        name = route.name
        return name, route.handler(topic_id, payload)
    except RefusedError as refused:
        return name, [Refusal(refused.reason, refused.detail, payload)]
    except Exception as error:
        return name, [Refusal("internal", type(error).__name__, payload)]
