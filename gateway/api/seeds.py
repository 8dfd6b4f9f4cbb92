"""The seeds' routes: each is one PostgREST form under another name, with the seed's statuses and bodies.

PostgREST verifies the token and PostgreSQL decides; here keys are renamed and nothing is known. The same on a bare
machine and beside a Supabase project. In every body `id` stands for the object's own `<thing>_id`, a device also has
`device_id` (its MAC) and `last_seen`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.api.answers import failure, problem
from gateway.context import BadBodyError, Model, context, json_body
from gateway.problems import ApiError, json_response

Row = dict[str, Any]
PAGE = 1000
"""PostgREST's max_rows."""
MOST_ROWS = 100_000
_FORWARDED = ("authorization", "idempotency-key")


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Register(_Body):
    """A rig's first message."""

    device_id: str = Field(max_length=64, description="its MAC")
    name: str = Field(max_length=200)
    site_id: str | None = None
    enrolment_token: str | None = Field(default=None, max_length=200)


class Authenticate(_Body):
    """A rig's key."""

    device_api_key: str = Field(max_length=256)


class Heartbeat(_Body):
    """A rig's sign of life."""

    status: str = Field(max_length=40)


class Deploy(_Body):
    """Where to run an experiment, and what else a run may be given."""

    device_id: str = Field(max_length=64)
    params: dict[str, Any] = Field(default_factory=dict)
    subject_id: str | None = None
    timeout_s: int | None = None
    retry_of: str | None = None


async def register(request: Request) -> Response:
    """POST /devices/register"""
    body = await _body(request, Register)
    made = await _rpc(
        request, "register_device",
        {
            "p_device_mac": body.device_id, "p_name": body.name, "p_site_id": body.site_id,
            "p_enrolment_token": body.enrolment_token,
        },
    )  # fmt: skip
    return json_response(_device(made), 201)


async def authenticate(request: Request) -> Response:
    """POST /devices/auth"""
    body = await _body(request, Authenticate)
    return json_response(await _rpc(request, "device_auth", {"device_api_key": body.device_api_key}))


async def heartbeat(request: Request) -> Response:
    """PUT /devices/heartbeat"""
    body = await _body(request, Heartbeat)
    return json_response(await _rpc(request, "device_heartbeat", {"p_status": body.status}))


async def devices(request: Request) -> Response:
    """GET /devices"""
    rows = await _rows(request, "devices", {"select": "*,status", "archived_at": "is.null", "order": "name,device_id"})
    return json_response([_device(row) for row in rows])


async def deploy(request: Request) -> Response:
    """POST /experiments/{id}/deploy"""
    body = await _body(request, Deploy)
    more = {"p_timeout_s": body.timeout_s, "p_retry_of": body.retry_of, "p_subject_id": body.subject_id}
    made = await _rpc(
        request, "deploy_experiment",
        {
            "p_experiment_id": str(request.path_params["id"]), "p_device_id": body.device_id, "p_params": body.params,
            **{name: value for name, value in more.items() if value is not None},
        },
    )  # fmt: skip
    return json_response(_own(made, "deployment"), 202)


async def script(request: Request) -> Response:
    """GET /experiments/{id}/script"""
    found = await _rpc(request, "claim_deployment", {"p_experiment_id": str(request.path_params["id"])})
    return json_response(found)


async def deployments(request: Request) -> Response:
    """GET /deployments"""
    # the script and the files of each run would make a list of megabytes
    columns = (
        "company_id,deployment_id,experiment_id,device_id,status,completeness,reason_code,experiment_version,script_sha256,"
        "params,subject_id,timeout_s,retry_of,deployed_at,acked_at,started_at,completed_at,ended_by,cancel_requested_at,"
        "error_log,created_by,updated_at"
    )
    query = {"select": f"{columns},experiments(name),devices(name)", "order": "deployed_at.desc,deployment_id"}
    for name in ("status", "experiment_id", "device_id"):
        if wanted := request.query_params.get(name):
            query[name] = f"eq.{wanted}"
    return json_response([_own(row, "deployment") for row in await _rows(request, "experiment_deployments", query)])


async def results(request: Request) -> Response:
    """GET /deployments/{id}/results"""
    deployment_id = request.path_params["id"]
    known = {"select": "deployment_id", "deployment_id": f"eq.{deployment_id}"}
    if not await _page(request, "experiment_deployments", known, 1, 0):
        raise problem(404, "deployment")
    query = {"deployment_id": f"eq.{deployment_id}", "order": "trial_number,seq,trial_id"}
    return json_response([_own(row, "trial") for row in await _rows(request, "trial_current", query)])


async def logs(request: Request) -> Response:
    """GET /devices/{id}/logs: the newest, in the order of their time."""
    device_id = request.path_params["id"]
    if not await _page(request, "devices", {"select": "device_id", "device_id": f"eq.{device_id}"}, 1, 0):
        raise problem(404, "device")
    query = {"device_id": f"eq.{device_id}", "order": "created_at.desc,line_no.desc,log_id"}
    newest = await _page(request, "device_logs", query, _limit(request, 100), 0)
    return json_response([_own(row, "log") for row in reversed(newest)])


def routes() -> list[Route]:
    """Below /api."""
    return [
        Route("/devices/register", register, methods=["POST"]),
        Route("/devices/auth", authenticate, methods=["POST"]),
        Route("/devices/heartbeat", heartbeat, methods=["PUT"]),
        Route("/devices", devices, methods=["GET"]),
        Route("/devices/{id:uuid}/logs", logs, methods=["GET"]),
        Route("/experiments/{id:uuid}/deploy", deploy, methods=["POST"]),
        Route("/experiments/{id:uuid}/script", script, methods=["GET"]),
        Route("/deployments", deployments, methods=["GET"]),
        Route("/deployments/{id:uuid}/results", results, methods=["GET"]),
    ]


def _own(row: Mapping[str, Any], thing: str) -> Row:
    """`id` in place of the object's own key, first."""
    own = f"{thing}_id"
    return {"id": row[own], **{name: value for name, value in row.items() if name != own}}


def _device(row: Mapping[str, Any]) -> Row:
    """A device as the seeds know it: its `device_id` is its MAC."""
    made = _own(row, "device")
    made["device_id"] = made.pop("device_mac", None)
    made["last_seen"] = row.get("last_seen_at")
    return made


async def _body(request: Request, model: type[Model]) -> Model:
    try:
        return await json_body(request, model)
    except BadBodyError as error:
        if error.too_large:
            raise failure(413, "L0501", "bad_input: the body is too large") from error
        raise problem(422, str(error)) from error


def _limit(request: Request, default: int) -> int:
    given = request.query_params.get("limit", str(default))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= PAGE:
        raise failure(400, "L0501", f"bad_input: limit: 1 to {PAGE}")
    return int(given)


def _offset(request: Request) -> int:
    given = request.query_params.get("offset", "0")
    if not given.isascii() or not given.isdigit() or int(given) > 2**31:
        raise failure(400, "L0501", "bad_input: offset: a number from 0")
    return int(given)


async def _rpc(request: Request, function: str, arguments: Row) -> Row:
    found: Row = await _ask(request, "POST", f"rpc/{function}", body=arguments)
    return found


async def _rows(request: Request, table: str, query: Mapping[str, str]) -> list[Row]:
    """The page that was asked for with `limit` and `offset`; all rows when neither was."""
    if "limit" in request.query_params or "offset" in request.query_params:
        return await _page(request, table, query, _limit(request, PAGE), _offset(request))
    found: list[Row] = []
    while len(page := await _page(request, table, query, PAGE, len(found))) == PAGE:
        found += page
        if len(found) >= MOST_ROWS:
            raise failure(400, "L0501", f"bad_input: more than {MOST_ROWS} rows: ask with limit and offset, or export")
    return found + page


async def _page(request: Request, table: str, query: Mapping[str, str], limit: int, offset: int) -> list[Row]:
    found: list[Row] = await _ask(
        request, "GET", table, query={**query, "limit": str(limit), "offset": str(offset)}
    )  # fmt: skip
    return found


async def _ask(
    request: Request, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Row | None = None
) -> Any:
    """PostgREST as the caller. Its errors keep their status and our code; those of its own get ours."""
    settings = context(request).settings
    headers = {name: value for name in _FORWARDED if (value := request.headers.get(name))}
    if settings.anon_key:
        headers["apikey"] = settings.anon_key
    try:
        answer = await context(request).rest.request(
            method, f"{settings.api_url.rstrip('/')}/rest/v1/{path}", params=query, headers=headers,
            json={name: value for name, value in body.items() if value is not None} if body is not None else None,
        )  # fmt: skip
    except httpx.HTTPError as error:
        raise failure(503, "service_unavailable", "The API is not reachable") from error
    try:
        found = orjson.loads(answer.content)
    except orjson.JSONDecodeError as error:
        raise failure(502, "bad_gateway", f"The API answered {answer.status_code} without JSON") from error
    if answer.is_success:
        return found
    raise _refusal(answer.status_code, found)


def _refusal(status: int, told: Any) -> ApiError:
    code = str(told.get("code", "")) if isinstance(told, dict) else ""
    if code.startswith("L"):
        return ApiError(status, told)
    words = str(told.get("message", "")) if isinstance(told, dict) else ""
    if status in {401, 403}:
        return problem(status, words)
    if code in {"22P02", "22003", "22007", "22008", "22023"}:
        return problem(422, words)
    return failure(status, code or "unexpected_failure", words or "The API refused this")
