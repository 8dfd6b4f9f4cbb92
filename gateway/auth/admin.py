"""`/auth/v1/admin`: provisioning of users, by the service key only."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from psycopg import errors
from psycopg.types.json import Jsonb
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.auth.answers import API_VERSION, ban_seconds, check_password, checked, failure, require_admin
from gateway.auth.models import AdminUser, Deletion
from gateway.context import context, json_body
from gateway.problems import json_response


def _user_id(request: Request) -> UUID:
    try:
        return UUID(request.path_params["user_id"])
    except ValueError as error:
        raise failure(404, "validation_failed", "user_id must be an UUID") from error


def _fields(body: AdminUser) -> Jsonb:
    fields: dict[str, Any] = body.model_dump(mode="json", exclude_none=True, exclude={"ban_duration"})
    if (ban_s := ban_seconds(body.ban_duration)) is not None:
        fields["ban_s"] = ban_s
    return Jsonb(fields)


async def create(request: Request) -> Response:
    """POST /admin/users"""
    require_admin(request)
    ctx = context(request)
    body = await json_body(request, AdminUser)
    if body.email is None:
        raise failure(400, "validation_failed", "Cannot create a user without an email")
    check_password(body.password, ctx.settings.password_min_length)
    answer = await ctx.db.value("select gateway.create_user(%s)", (_fields(body),), slow=True)
    return json_response(checked(answer)["user"], headers=API_VERSION)


async def listing(request: Request) -> Response:
    """GET /admin/users?page=&per_page="""
    require_admin(request)
    try:
        page = max(1, int(request.query_params.get("page") or 1))
        per_page = min(1000, max(1, int(request.query_params.get("per_page") or 50)))
    except ValueError as error:
        raise failure(400, "validation_failed", "Bad Pagination Parameters") from error
    answer = await context(request).db.value("select gateway.list_users(%s, %s)", (per_page, (page - 1) * per_page))
    last = max(1, -(-answer["total"] // per_page))
    links = [f'<admin/users?page={last}&per_page={per_page}>; rel="last"']
    if page < last:
        links.insert(0, f'<admin/users?page={page + 1}&per_page={per_page}>; rel="next"')
    headers = {**API_VERSION, "X-Total-Count": str(answer["total"]), "Link": ", ".join(links)}
    return json_response({"users": answer["users"], "aud": "authenticated"}, headers=headers)


async def read(request: Request) -> Response:
    """GET /admin/users/{id}"""
    require_admin(request)
    answer = await context(request).db.value("select gateway.get_user(%s)", (_user_id(request),))
    return json_response(checked(answer)["user"], headers=API_VERSION)


async def update(request: Request) -> Response:
    """PUT /admin/users/{id}"""
    require_admin(request)
    ctx = context(request)
    body = await json_body(request, AdminUser)
    check_password(body.password, ctx.settings.password_min_length)
    answer = await ctx.db.value(
        "select gateway.update_user(%s, null, %s)", (_user_id(request), _fields(body)), slow=True
    )
    return json_response(checked(answer)["user"], headers=API_VERSION)


async def delete(request: Request) -> Response:
    """DELETE /admin/users/{id}. A user that rows refer to can only be deleted softly."""
    require_admin(request)
    body = await json_body(request, Deletion)
    try:
        answer = await context(request).db.value(
            "select gateway.delete_user(%s, %s)", (_user_id(request), body.should_soft_delete)
        )
    except errors.IntegrityError as error:
        raise failure(409, "conflict", "Database error deleting user: rows refer to it") from error
    checked(answer)
    return json_response({}, headers=API_VERSION)


def routes() -> list[Route]:
    """Routes under /auth/v1."""
    return [
        Route("/admin/users", create, methods=["POST"]),
        Route("/admin/users", listing, methods=["GET"]),
        Route("/admin/users/{user_id}", read, methods=["GET"]),
        Route("/admin/users/{user_id}", update, methods=["PUT"]),
        Route("/admin/users/{user_id}", delete, methods=["DELETE"]),
    ]
