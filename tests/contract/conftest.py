"""Unmodified supabase-py against a project: the running stack, or any other that LICS_API_URL and LICS_ANON_KEY name.

The people are the demo's (`seed/`), LICS_DEMO_*.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from supabase import AsyncClient, AsyncClientOptions, acreate_client

SignIn = Callable[[str], Coroutine[Any, Any, AsyncClient]]


def account(who: str) -> tuple[str, str]:
    """E-mail and password of member, admin, viewer, other or super."""
    return os.environ[f"LICS_DEMO_{who.upper()}_EMAIL"], os.environ[f"LICS_DEMO_{who.upper()}_PASSWORD"]


async def nobody() -> AsyncClient:
    """A client that is not signed in."""
    options = AsyncClientOptions(auto_refresh_token=False, persist_session=True)
    return await acreate_client(os.environ["LICS_API_URL"], os.environ["LICS_ANON_KEY"], options)


async def data(query: Any) -> Any:
    """What a query answers; supabase-py types it as any JSON, or as text for CSV."""
    return (await query.execute()).data


@pytest.fixture
async def sign_in() -> AsyncIterator[SignIn]:
    """Makes clients that are signed in; all sign out in the end."""
    made: list[AsyncClient] = []

    async def enter(who: str) -> AsyncClient:
        client = await nobody()
        email, password = account(who)
        await client.auth.sign_in_with_password({"email": email, "password": password})
        made.append(client)
        return client

    yield enter
    for client in made:
        await client.auth.sign_out({"scope": "local"})
