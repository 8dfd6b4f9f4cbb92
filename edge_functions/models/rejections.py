"""Trials that no row can be made of: which of their senders can be told, so that none is sent again for ever."""

from __future__ import annotations

import json
from typing import Any

from edge_functions.models.identity import canonical_uuid
from edge_functions.models.items import Refusal

_LARGEST = 1024 * 1024
_INT8 = 2**63 - 1


def rejections(topic: str, refusal: Refusal) -> list[dict[str, Any]]:
    """Items for ``private.reject_trials``: those whose device, run and number can be read."""
    levels = topic.split("/")
    if len(levels) != 3 or levels[0] != "devices" or levels[2] != "data":
        return []
    device_id = canonical_uuid(levels[1])
    if device_id is None:
        return []
    value = _value(refusal.raw)
    found = []
    for body in value if isinstance(value, list) else [value]:
        if not isinstance(body, dict):
            continue
        deployment, seq = body.get("deployment_id"), body.get("seq")
        deployment_id = canonical_uuid(deployment) if isinstance(deployment, str) else None
        if deployment_id is not None and type(seq) is int and 1 <= seq <= _INT8:
            item = {"device_id": device_id, "deployment_id": deployment_id, "seq": seq, "reason": refusal.reason}
            found.append(item)
    return found


def _value(raw: Any) -> Any:
    if not isinstance(raw, bytes):
        return raw
    if len(raw) > _LARGEST:
        return None
    try:
        # the lenient parser: NaN is a reason for a refusal, and its trial has a number all the same
        return json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
