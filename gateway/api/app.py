"""The application under /api."""

from __future__ import annotations

from starlette.applications import Starlette

from gateway.api import seeds
from gateway.api.answers import failure, translate
from gateway.context import Context
from gateway.exports import routes as exports
from gateway.problems import handlers


def build(ctx: Context) -> Starlette:
    """Every part's routes, with one way of wording errors."""
    app = Starlette(routes=[*exports.routes(), *seeds.routes()], exception_handlers=handlers(failure, translate))
    app.state.context = ctx
    return app
