"""Endpoints people's clients call: sign-in, refresh, user, sign-out, keys."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.auth import admin
from gateway.auth.answers import API_VERSION, bad_body, check_password, checked, failure, person_of
from gateway.auth.models import PasswordGrant, RefreshGrant, UserChange
from gateway.context import BadBodyError, Context, context, json_body
from gateway.problems import handlers, json_response
from gateway.ratelimit import Buckets
from gateway.settings import commit


def _ip(request: Request) -> str | None:
    return request.client.host if request.client else None


def _session(ctx: Context, answer: dict[str, Any]) -> Response:
    claims = answer["claims"]
    return json_response(
        {
            "access_token": ctx.keys.sign_claims(claims),
            "token_type": "bearer",
            "expires_in": claims["exp"] - claims["iat"],
            "expires_at": claims["exp"],
            "refresh_token": answer["refresh_token"],
            "user": answer["user"],
        },
        headers={**API_VERSION, "Cache-Control": "no-store"},
    )


async def _password_grant(request: Request, ctx: Context) -> Response:
    body = await json_body(request, PasswordGrant)
    if not body.email or not body.password:
        raise failure(400, "validation_failed", "missing email or password")
    if len(body.password.encode()) > 72:
        raise failure(400, "invalid_credentials", "Invalid login credentials")
    # only failures cost: honest sign-ins, however many, are not slowed
    limits: tuple[tuple[Buckets, str], ...] = (
        (request.app.state.by_account, f"{_ip(request)} {body.email.lower()}"),
        (request.app.state.by_address, f"{_ip(request)}"),
    )
    for buckets, key in limits:
        if wait_s := buckets.take(key):
            problem = failure(429, "over_request_rate_limit", "Request rate limit reached")
            problem.headers["Retry-After"] = str(int(wait_s) + 1)
            raise problem
    answer = await ctx.db.value(
        "select gateway.sign_in(%s, %s, %s, %s, %s::inet, %s)",
        (
            body.email,
            body.password,
            ctx.settings.issuer,
            ctx.settings.jwt_expiry_s,
            _ip(request),
            request.headers.get("user-agent", "")[:500].replace("\x00", ""),
        ),
        slow=True,
    )
    if "error" not in answer:
        for buckets, key in limits:
            buckets.give_back(key)
    return _session(ctx, checked(answer))


async def token(request: Request) -> Response:
    """POST /token?grant_type=password|refresh_token"""
    ctx = context(request)
    match request.query_params.get("grant_type"):
        case "password":
            return await _password_grant(request, ctx)
        case "refresh_token":
            body = await json_body(request, RefreshGrant)
            if not body.refresh_token:
                raise failure(400, "validation_failed", "refresh_token required")
            answer = await ctx.db.value(
                "select gateway.refresh(%s, %s, %s)",
                (body.refresh_token, ctx.settings.issuer, ctx.settings.jwt_expiry_s),
            )
            return _session(ctx, checked(answer))
    raise failure(400, "unsupported_grant_type", "unsupported_grant_type")


async def user_get(request: Request) -> Response:
    """GET /user"""
    answer = await context(request).db.value("select gateway.session_user_json(%s::uuid, %s::uuid)", person_of(request))
    return json_response(checked(answer)["user"], headers=API_VERSION)


async def user_put(request: Request) -> Response:
    """PUT /user: e-mail, password, data. There is no mail here, so a new address counts at once."""
    ctx = context(request)
    person = person_of(request)
    body = await json_body(request, UserChange)
    check_password(body.password, ctx.settings.password_min_length)
    checked(await ctx.db.value("select gateway.session_user_json(%s::uuid, %s::uuid)", person))
    changes = {"email": body.email, "password": body.password, "user_metadata": body.data}
    answer = await ctx.db.value(
        "select gateway.update_user(%s::uuid, %s::uuid, %s)",
        (*person, Jsonb({key: value for key, value in changes.items() if value is not None})),
        slow=True,
    )
    return json_response(checked(answer)["user"], headers=API_VERSION)


async def logout(request: Request) -> Response:
    """POST /logout?scope=global|local|others"""
    scope = request.query_params.get("scope") or "global"
    if scope not in {"global", "local", "others"}:
        raise failure(400, "validation_failed", "Unsupported logout scope")
    answer = await context(request).db.value(
        "select gateway.sign_out(%s::uuid, %s::uuid, %s)", (*person_of(request), scope)
    )
    checked(answer)
    return Response(status_code=204, headers=API_VERSION)


async def jwks(request: Request) -> Response:
    """The public key, so that clients can check tokens themselves. Never the shared secret."""
    return Response(
        context(request).keys.jwks, media_type="application/json", headers={"Cache-Control": "public, max-age=600"}
    )


async def health(_request: Request) -> Response:
    """GET /health"""
    return json_response(
        {"name": "LICS gateway", "version": commit(), "description": "sign-in of LICS, GoTrue's contract"}
    )


async def settings(_request: Request) -> Response:
    """GET /settings: what sign-in offers here."""
    providers = (
        "anonymous_users",
        "apple",
        "azure",
        "bitbucket",
        "discord",
        "facebook",
        "github",
        "gitlab",
        "google",
        "phone",
    )
    return json_response(
        {
            "external": {**dict.fromkeys(providers, False), "email": True},
            "disable_signup": True,
            "mailer_autoconfirm": True,
            "phone_autoconfirm": False,
            "sms_provider": "",
            "saml_enabled": False,
        }
    )


async def signup(_request: Request) -> Response:
    """POST /signup: accounts are made by an admin."""
    raise failure(422, "signup_disabled", "Signups not allowed for this instance")


def build(ctx: Context) -> Starlette:
    """The application under /auth/v1."""
    app = Starlette(
        routes=[
            Route("/token", token, methods=["POST"]),
            Route("/user", user_get, methods=["GET"]),
            Route("/user", user_put, methods=["PUT"]),
            Route("/logout", logout, methods=["POST"]),
            Route("/signup", signup, methods=["POST"]),
            Route("/.well-known/jwks.json", jwks),
            Route("/health", health),
            Route("/settings", settings),
            *admin.routes(),
        ],
        exception_handlers=handlers(failure),
    )

    async def on_bad_body(_request: Request, error: Exception) -> Response:
        assert isinstance(error, BadBodyError)
        problem = bad_body(error)
        return json_response(problem.body, problem.status, problem.headers)

    app.add_exception_handler(BadBodyError, on_bad_body)
    app.state.context = ctx
    app.state.by_account = Buckets(ctx.settings.sign_in_burst, ctx.settings.sign_in_refill_s)
    # many accounts tried from one address: five times as much
    app.state.by_address = Buckets(ctx.settings.sign_in_burst * 5, ctx.settings.sign_in_refill_s / 5)
    return app
