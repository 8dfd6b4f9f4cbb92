"""From a validation error to one reason of the closed list."""

from __future__ import annotations

from pydantic import ValidationError

from edge_functions.errors import Reason, RefusedError


def refuse(error: ValidationError) -> RefusedError:
    """The first fault decides; its detail names the field, never the value."""
    first = error.errors(include_url=False, include_context=False, include_input=True)[0]
    field = ".".join(str(step) for step in first["loc"][:2])[:100]
    reason: Reason = "bad_type"
    match first["type"]:
        case "missing":
            reason = "missing_field"
        case "finite_number":
            reason = "not_finite"
        case "bad_time":
            reason = "bad_time"
        case _ if first["input"] is None:
            reason = "missing_field"
    return RefusedError(reason, field)
