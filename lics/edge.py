"""`lics edge`: operations on the handlers."""

import asyncio
from typing import Annotated

import typer

from edge_functions.errors import BrokerError
from edge_functions.mqtt import drain as drop_session
from edge_functions.settings import Settings
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
    known = envfile.read(Paths.here().env)
    if not known:
        raise StackError("there is no stack yet: make up")
    values = {name.removeprefix("LICS_").lower(): value for name, value in known.items() if value}
    settings = Settings.model_validate({**values, "edge_id": member})
    try:
        asyncio.run(drop_session(settings))
    except BrokerError as error:
        raise StackError(f"edge-{member} is still a member: {error}") from error
    typer.echo(f"edge-{member} is no member any more")
