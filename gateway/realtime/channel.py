"""A topic joined by a socket."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from gateway.realtime.frames import PREFIX
from gateway.tokens import Caller

if TYPE_CHECKING:
    from gateway.realtime.socket import Socket

# Clients send null, booleans as strings, or nothing.
Flag = Annotated[bool, BeforeValidator(lambda value: value in (True, "true", 1))]


class _Broadcast(BaseModel):
    ack: Flag = False
    own: Flag = Field(default=False, alias="self")


class _Presence(BaseModel):
    enabled: Flag = False


class _Binding(BaseModel):
    event: str = Field(max_length=16)
    schema_: str | None = Field(default=None, alias="schema", max_length=128)
    table: str | None = Field(default=None, max_length=128)
    filter: str | None = Field(default=None, max_length=2048)
    select: list[str] | None = Field(default=None, max_length=200)


def _or_empty(value: object) -> object:
    return {} if value is None else value


class JoinConfig(BaseModel):
    """`config` of phx_join."""

    broadcast: Annotated[_Broadcast, BeforeValidator(_or_empty)] = _Broadcast()
    presence: Annotated[_Presence, BeforeValidator(_or_empty)] = _Presence()
    postgres_changes: Annotated[list[_Binding], BeforeValidator(lambda value: value or [])] = Field(
        default=[], max_length=100
    )
    private: Flag = False

    @staticmethod
    def parse(value: object) -> JoinConfig | None:
        """None when it is not a configuration."""
        try:
            return JoinConfig.model_validate({} if value is None else value)
        except ValidationError:
            return None

    def bindings(self) -> list[dict[str, Any]]:
        """The bindings as the reply must echo them: same order and keys, each with a number; equal ones share it."""
        echoed = []
        for binding in self.postgres_changes:
            said = binding.model_dump(by_alias=True, exclude_none=True)
            echoed.append({**said, "id": zlib.crc32(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)) or 1})
        return echoed


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A message on its way to the channels of a topic. `payload` is JSON."""

    topic: str
    private: bool
    event: str
    payload: bytes
    message_id: str


@dataclass(eq=False, slots=True)
class Channel:
    """A joined topic: who listens, with which right, since when it was checked (monotonic seconds)."""

    socket: Socket
    topic: str
    """Without the prefix `realtime:`."""
    join_ref: str | None
    caller: Caller
    token: str
    private: bool
    ack: bool
    own: bool
    may_write: bool | None = None
    """Asked at the first broadcast of the client."""
    checked_at: float = field(default_factory=time.monotonic)

    @property
    def wire_topic(self) -> str:
        """The topic as the client names it."""
        return PREFIX + self.topic
