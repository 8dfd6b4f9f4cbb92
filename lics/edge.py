"""`lics edge`: operations on the handlers."""

import asyncio
import os
from typing import Annotated

import typer

from edge_functions.errors import BrokerError
from edge_functions.mqtt import drain as drop_session
from edge_functions.settings import Settings
from lics import dead_letters
from lics.stack import envfile
from lics.stack.errors import StackError
from lics.stack.paths import Paths

app = typer.Typer(no_args_is_help=True, help="Operations on the edge handlers.")


@app.command()
def drain(
    member: Annotated[int, typer.Argument(help="Number of the handler: N of its client id edge-N.", min=0, max=999)],
) -> None:
    """Take a stopped handler out of the shared subscription, so that the broker keeps nothing for it any more.

    Without this, Mosquitto keeps an absent member's share until it returns. What already waits for it is dropped:
    start the handler once more and stop it when its lag is 0, then drain.
    """
    known = _known()
    values = {name.removeprefix("LICS_").lower(): value for name, value in known.items() if value}
    settings = Settings.model_validate({**values, "edge_id": member})
    try:
        asyncio.run(drop_session(settings))
    except BrokerError as error:
        raise StackError(f"edge-{member} is still a member: {error}") from error
    typer.echo(f"edge-{member} is no member any more")


@app.command()
def replay(
    reason: Annotated[str | None, typer.Option(help="Only of this reason, e.g. unknown_device.")] = None,
    topic: Annotated[str | None, typer.Option(help="Only these topics, as SQL's LIKE reads them.")] = None,
    dead_letter_id: Annotated[str | None, typer.Option("--id", help="Only this one.")] = None,
    limit: Annotated[int, typer.Option(help="So many at most.", min=1, max=10_000)] = 1000,
) -> None:
    """Say dead letters again, once their cause is mended: parsed and stored like any message."""
    if reason is None and topic is None and dead_letter_id is None:
        raise StackError("say which: --reason, --topic or --id")
    choice = {"reason": reason, "topic": topic, "dead_letter_id": dead_letter_id}
    done = asyncio.run(dead_letters.replay(_known(), **choice, limit=limit))
    typer.echo(
        f"{done.taken} taken"
        + (f", {done.refused} refused again (see the new dead letters)" if done.refused else "")
        + (f", {done.cut} had been cut and stay" if done.cut else "")
    )


def _known() -> dict[str, str]:
    """The stack's settings, below what the environment says."""
    outside = {name: value for name, value in os.environ.items() if name.startswith("LICS_")}
    known = {**envfile.read(Paths.here().env), **outside}
    if "LICS_DB_URL" not in known:
        raise StackError("there is no stack yet: make up")
    return known
