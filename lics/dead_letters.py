"""Dead letters said again: each is parsed and stored as a message is, in one transaction with the note of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge_functions import calls, routes
from edge_functions.calls import Unit
from edge_functions.database import Database

WAITING = """
select dead_letter_id, topic, payload, payload_bytes = length(payload) as whole
  from private.mqtt_dead_letters
 where replayed_at is null
   and (%(reason)s::text is null or reason = %(reason)s)
   and (%(topic)s::text is null or topic like %(topic)s)
   and (%(id)s::uuid is null or dead_letter_id = %(id)s)
 order by dead_letter_id
 limit %(limit)s
"""
NOTED = "update private.mqtt_dead_letters set replayed_at = now() where dead_letter_id = %s"


@dataclass(frozen=True)
class Replayed:
    """How many were taken, how many were refused again (a new dead letter says why), how many had been cut at 64 KiB
    when they were kept and stay.
    """

    taken: int = 0
    refused: int = 0
    cut: int = 0


async def replay(
    settings: Mapping[str, str],
    *,
    reason: str | None = None,
    topic: str | None = None,
    dead_letter_id: str | None = None,
    limit: int = 1000,
) -> Replayed:
    """Those that match, oldest first, as the owner. What was stored meanwhile makes no second row: its key is taken."""
    choice = {"reason": reason, "topic": topic, "id": dead_letter_id, "limit": limit}
    database = Database(settings["LICS_DB_URL"], "replay")
    taken = refused = cut = 0
    try:
        async with database.transaction() as connection:
            rows: list[Any] = await (await connection.execute(WAITING, choice)).fetchall()
        for number, name, payload, whole in rows:
            if not whole:
                cut += 1
                continue
            _, parts = routes.parse(name, bytes(payload))
            async with database.transaction() as connection:
                letters = await calls.execute(connection, calls.plan([Unit(name, part) for part in parts]))
                await connection.execute(NOTED, [number])
            refused += bool(letters)
            taken += not letters
    finally:
        await database.close()
    return Replayed(taken, refused, cut)
