"""Sign-in as supabase-py and plain HTTP see it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx
import jwt
import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from gateway_api.world import PASSWORD, Gateway, Person, World
from supabase import AsyncClient, acreate_client


async def client(world: World) -> AsyncClient:
    return await acreate_client(world.url, world.anon_key)


def auth(world: World, path: str, body: Any = None, token: str | None = None, method: str = "POST") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.request(method, f"{world.url}/auth/v1/{path}", json=body, headers=headers)


def refresh(world: World, token: str) -> httpx.Response:
    return auth(world, "token?grant_type=refresh_token", {"refresh_token": token})


async def test_a_person_signs_in_and_the_token_is_checked_with_the_public_key(world: World) -> None:
    supabase = await client(world)
    answer = await supabase.auth.sign_in_with_password({"email": world.member_a.email, "password": PASSWORD})
    assert answer.user is not None
    assert answer.user.id == str(world.member_a.user_id)
    claims = await supabase.auth.get_claims()
    assert claims is not None
    assert claims["headers"]["alg"] == "ES256"
    said: dict[str, Any] = dict(claims["claims"])
    assert said["role"] == "authenticated"
    assert said["company_id"] == str(world.company_a)
    assert {"iss", "sub", "aud", "exp", "iat", "email", "phone", "aal", "amr", "session_id", "is_anonymous"} <= set(
        said
    )
    user = await supabase.auth.get_user()
    assert user is not None
    assert user.user.email == world.member_a.email


@pytest.mark.parametrize("email", ["member", "nobody@example.org"])
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World, email: str) -> None:
    supabase = await client(world)
    address = world.member_b.email if email == "member" else email
    with pytest.raises(AuthApiError) as refused:
        await supabase.auth.sign_in_with_password({"email": address, "password": "wrong"})
    assert (refused.value.code, refused.value.status) == ("invalid_credentials", 400)
    assert refused.value.message == "Invalid login credentials"


async def test_refreshing_rotates_the_token(world: World) -> None:
    supabase = await client(world)
    first = (await supabase.auth.sign_in_with_password({"email": world.member_a.email, "password": PASSWORD})).session
    second = (await supabase.auth.refresh_session()).session
    assert first is not None
    assert second is not None
    assert second.refresh_token != first.refresh_token
    assert second.user.id == first.user.id


def test_the_parent_of_the_active_token_is_answered_with_the_active_one_however_late(world: World) -> None:
    first = world.sign_in(world.member_a)["refresh_token"]
    second = refresh(world, first).json()["refresh_token"]
    world.sql("update auth.refresh_tokens set updated_at = now() - interval '1 hour' where token = %s", first)
    again = refresh(world, first)
    assert again.status_code == 200
    assert again.json()["refresh_token"] == second


def test_a_stolen_token_ends_the_session(world: World) -> None:
    first = world.sign_in(world.member_a)["refresh_token"]
    second = refresh(world, first).json()["refresh_token"]
    third = refresh(world, second).json()["refresh_token"]
    world.sql("update auth.refresh_tokens set updated_at = now() - interval '11 seconds' where token = %s", first)
    reused = refresh(world, first)
    assert (reused.status_code, reused.json()["code"]) == (400, "refresh_token_already_used")
    assert reused.headers["x-supabase-api-version"] == "2024-01-01"
    assert refresh(world, third).json()["code"] == "refresh_token_not_found"


async def test_ten_tabs_refreshing_at_once_all_get_the_one_new_token(world: World) -> None:
    token = world.sign_in(world.member_a)["refresh_token"]
    async with httpx.AsyncClient(base_url=world.url) as http:
        answers = await asyncio.gather(
            *[http.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": token}) for _ in range(10)]
        )
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("scope", "alive"), [("local", [False, True]), ("others", [True, False]), ("global", [False, False])]
)
def test_signing_out_ends_the_sessions_of_its_scope(world: World, scope: str, alive: list[bool]) -> None:
    person = world.person(world.company_a)
    sessions = [world.sign_in(person)["access_token"] for _ in range(2)]
    answer = auth(world, f"logout?scope={scope}", token=sessions[0])
    assert (answer.status_code, answer.content) == (204, b"")
    seen = [auth(world, "user", token=token, method="GET") for token in sessions]
    assert [answer.status_code == 200 for answer in seen] == alive
    assert all(answer.json().get("code") == "session_not_found" for answer in seen if answer.status_code != 200)


async def test_signing_out_in_python_ends_the_session(world: World) -> None:
    supabase = await client(world)
    session = (await supabase.auth.sign_in_with_password({"email": world.member_a.email, "password": PASSWORD})).session
    assert session is not None
    await supabase.auth.sign_out({"scope": "local"})
    assert refresh(world, session.refresh_token).json()["code"] == "refresh_token_not_found"


def test_a_deactivated_person_can_neither_sign_in_nor_refresh(world: World) -> None:
    person = world.person(world.company_a)
    session = world.sign_in(person)
    world.sql("update public.users set is_active = false where user_id = %s", person.user_id)
    refused = auth(world, "token?grant_type=password", {"email": person.email, "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (403, "hook_refused")
    assert refresh(world, session["refresh_token"]).status_code == 403
    world.sql("update public.users set is_active = true where user_id = %s", person.user_id)
    assert refresh(world, session["refresh_token"]).status_code == 200  # the refusal did not use the token up


async def test_a_new_password_ends_the_other_sessions(world: World) -> None:
    person = world.person(world.company_a)
    other = world.sign_in(person)["access_token"]
    supabase = await client(world)
    await supabase.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
    with pytest.raises(AuthWeakPasswordError) as weak:
        await supabase.auth.update_user({"password": "short"})
    assert weak.value.reasons == ["length"]
    changed = await supabase.auth.update_user({"password": "another horse 8", "data": {"lang": "de"}})
    assert changed.user.user_metadata == {"lang": "de"}
    assert (await supabase.auth.get_user()) is not None
    assert auth(world, "user", token=other, method="GET").json()["code"] == "session_not_found"
    world.sign_in(Person(person.user_id, person.company_id, person.email, "another horse 8"))


async def test_users_are_provisioned_with_the_service_key_only(world: World) -> None:
    admin = (await acreate_client(world.url, world.service_key)).auth.admin
    made = (
        await admin.create_user({"email": "New.Person@example.org", "password": PASSWORD, "email_confirm": True})
    ).user
    try:
        assert made.email == "new.person@example.org"
        with pytest.raises(AuthApiError) as twice:
            await admin.create_user({"email": "new.person@example.org", "password": PASSWORD})
        assert (twice.value.code, twice.value.status) == ("email_exists", 422)
        assert made.id in {user.id for user in await admin.list_users(per_page=1000)}
        await admin.update_user_by_id(made.id, {"ban_duration": "1h", "app_metadata": {"plan": "x"}})
        banned = auth(world, "token?grant_type=password", {"email": made.email, "password": PASSWORD})
        assert banned.json()["code"] == "user_banned"
        read = (await admin.get_user_by_id(made.id)).user
        assert read.app_metadata == {"provider": "email", "providers": ["email"], "plan": "x"}
    finally:
        await admin.delete_user(made.id)
    with pytest.raises(AuthApiError) as gone:
        await admin.get_user_by_id(made.id)
    assert gone.value.status == 404
    for token in (world.anon_key, world.sign_in(world.member_a)["access_token"]):
        refused = auth(world, "admin/users", token=token, method="GET")
        assert (refused.status_code, refused.json()["code"]) == (403, "not_admin")


def test_guessing_is_slowed_and_honest_people_are_not(world: World) -> None:
    person = world.person(world.company_a)
    wrong = {"email": person.email, "password": "wrong"}
    with httpx.Client() as http:
        seen = [http.post(f"{world.url}/auth/v1/token?grant_type=password", json=wrong) for _ in range(12)]
    assert [answer.status_code for answer in seen[:10]] == [400] * 10
    assert (seen[-1].status_code, seen[-1].json()["code"]) == (429, "over_request_rate_limit")
    assert int(seen[-1].headers["retry-after"]) > 0
    assert world.sign_in(world.member_a)["access_token"]


def test_forged_and_foreign_tokens_are_refused(world: World) -> None:
    person = world.sign_in(world.member_a)
    claims = jwt.decode(person["access_token"], options={"verify_signature": False})
    public = httpx.get(f"{world.url}/auth/v1/.well-known/jwks.json")
    assert [key["alg"] for key in public.json()["keys"]] == ["ES256"]
    assert "max-age=600" in public.headers["cache-control"]
    forged = [
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, "another secret, also thirty-two bytes long", algorithm="HS256"),
        jwt.encode(claims, public.json()["keys"][0]["x"], algorithm="HS256"),
        person["access_token"][:-4] + "AAAA",
        world.anon_key,
        world.key("anon", -10),
        "nonsense",
    ]
    for token in forged:
        refused = auth(world, "user", token=token, method="GET")
        assert (refused.status_code, refused.json()["code"]) == (403, "bad_jwt"), token
    missing = auth(world, "user", method="GET")
    assert (missing.status_code, missing.json()["code"]) == (401, "no_authorization")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"email":1}',
        b'{"email":"a\\u0000@x.io","password":"x"}',
        b'{"email":"\\ud800","password":"x"}',
    ],
)
def test_hostile_bodies_are_answered_with_json(world: World, body: bytes) -> None:
    answer = httpx.post(f"{world.url}/auth/v1/token?grant_type=password", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_failed")


def test_without_a_database_every_part_says_503_so_that_clients_stay_signed_in(
    settings: dict[str, str], world: World
) -> None:
    lost = Gateway(settings, LICS_GATEWAY_DB_URL="postgresql://gateway@127.0.0.1:9/lics")
    lost.start(healthy=False)
    try:
        with httpx.Client(base_url=lost.url, timeout=20) as http:
            key = {"Authorization": f"Bearer {world.service_key}"}
            assert http.get("/healthz").status_code == 503
            for answer in (
                http.post("/auth/v1/token?grant_type=refresh_token", json={"refresh_token": "x"}),
                http.get("/storage/v1/object/images/a.jpg", headers=key),
            ):
                assert answer.status_code == 503
                assert answer.json()["message"]
    finally:
        lost.remove()


def test_paths_nobody_serves_are_a_json_404(world: World) -> None:
    for path in ("/api/devices", "/auth/v1/nothing", "/storage/v1/nothing", "/realtime/v1/nothing"):
        answer = httpx.get(world.url + path)
        assert answer.status_code in {400, 404}
        assert answer.json()["message"]


def test_tokens_and_keys_never_reach_the_log(world: World) -> None:
    session = world.sign_in(world.member_a)
    httpx.get(f"{world.url}/storage/v1/object/sign/images/x.jpg?token={session['access_token']}")
    auth(world, "user", token=session["access_token"], method="GET")
    deadline = time.monotonic() + 5
    while '"path": "/auth/v1/user"' not in (text := world.gateway.log.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert '"path": "/auth/v1/user"' in text
    for secret in (session["access_token"], session["refresh_token"], PASSWORD, world.service_key):
        assert secret not in text
