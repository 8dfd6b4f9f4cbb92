"""Who may read or write a private topic: the policies on realtime.messages, asked as the caller, then rolled back."""

from __future__ import annotations

from psycopg import errors

from gateway.db import Database, become
from gateway.tokens import Caller

_AS = "select set_config('realtime.topic', %s, true)"


async def may_read(db: Database, caller: Caller, topic: str) -> bool:
    """Whether the caller sees a broadcast on the topic. Raises psycopg.Error when the database cannot say."""
    if caller.role == "service_role":
        return True
    async with db.rights.connection() as conn, conn.transaction(force_rollback=True):
        probe = await (await conn.execute("select gateway.probe_message(%s) as id", (topic,))).fetchone()
        assert probe is not None
        await become(conn, caller)
        await conn.execute(_AS, (topic,))
        try:
            seen = await conn.execute("select 1 from realtime.messages where id = %s", (probe["id"],))
        except errors.InsufficientPrivilege:
            return False
        return await seen.fetchone() is not None


async def may_write(db: Database, caller: Caller, topic: str) -> bool:
    """Whether the caller may send a broadcast to the topic."""
    if caller.role == "service_role":
        return True
    async with db.rights.connection() as conn, conn.transaction(force_rollback=True):
        await become(conn, caller)
        await conn.execute(_AS, (topic,))
        try:
            await conn.execute(
                "insert into realtime.messages (topic, extension, event, payload, private)"
                " values (%s, 'broadcast', 'probe', '{}', true)",
                (topic,),
            )
        except errors.InsufficientPrivilege:
            return False
        return True
