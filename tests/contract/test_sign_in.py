"""Sessions: sign-in, who it is, rotation of refresh tokens, sign-out."""

from __future__ import annotations

import pytest
from supabase_auth.errors import AuthApiError

from contract.conftest import SignIn, account, nobody


async def test_a_person_signs_in_and_is_who_they_are(sign_in: SignIn) -> None:
    client = await sign_in("member")
    session = await client.auth.get_session()
    assert session is not None
    assert session.token_type == "bearer"  # noqa: S105 - no password
    assert 0 < session.expires_in <= 604800
    user = await client.auth.get_user()
    assert user is not None
    assert (user.user.email, user.user.role) == (account("member")[0], "authenticated")


async def test_a_wrong_password_and_an_unknown_person_are_answered_alike() -> None:
    client = await nobody()
    said = []
    for email in (account("viewer")[0], "nobody@nowhere.example"):
        with pytest.raises(AuthApiError) as refused:
            await client.auth.sign_in_with_password({"email": email, "password": "no such password"})
        said.append((refused.value.status, refused.value.code, refused.value.message))
    assert said[0] == said[1]
    assert said[0][:2] == (400, "invalid_credentials")


async def test_a_refresh_gives_another_session_that_works(sign_in: SignIn) -> None:
    client = await sign_in("member")
    before = await client.auth.get_session()
    assert before is not None
    after = (await client.auth.refresh_session()).session
    assert after is not None
    assert after.refresh_token != before.refresh_token
    assert await client.auth.get_user(after.access_token)


async def test_after_a_sign_out_the_refresh_token_is_gone(sign_in: SignIn) -> None:
    client = await sign_in("viewer")
    session = await client.auth.get_session()
    assert session is not None
    await client.auth.sign_out({"scope": "local"})
    other = await nobody()
    with pytest.raises(AuthApiError) as refused:
        await other.auth.refresh_session(session.refresh_token)
    assert refused.value.status == 400
