"""What a request may ask of an export."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from gateway.api.answers import problem


class Options(BaseModel):
    """The query of an export's URL. Other names are left alone: proxies and clients add their own."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    names: Literal["short", "full"] = "short"
    """full: `custom_data_<key>` in place of `custom_<key>`."""
    entries: bool = False
    """Also rows that belong to no loop."""
    raw: bool = False
    """No apostrophe before what a spreadsheet would run."""
    bom: bool = False
    """A byte order mark, which Excel wants."""

    files: Annotated[str, Field(pattern=r"^(csv|jsonl|parquet|codebook)(,(csv|jsonl|parquet|codebook))*$")] = (
        "csv,jsonl,parquet,codebook"
    )
    """Of the manifest: which files it is to name."""

    def for_sql(self) -> dict[str, object]:
        """What changes the data. A mark or a choice of files does not."""
        return {"names": self.names, "entries": self.entries, "raw": self.raw}


def options_of(request: Request) -> Options:
    """The checked query. Raises bad_input."""
    try:
        return Options.model_validate(dict(request.query_params))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise problem(422, f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


def deployment_of(request: Request) -> UUID:
    """The run's id. What is no id is not there."""
    try:
        return UUID(request.path_params["deployment_id"])
    except ValueError as error:
        raise problem(404, "deployment") from error
