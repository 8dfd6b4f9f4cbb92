"""`lics demo`: run the simulated fleet."""

import asyncio
from typing import Annotated

import typer

from lics.fleet.accounts import SIMULATED_CAMERAS
from lics.stack.errors import StackError
from lics.stack.paths import Paths


def demo(  # noqa: PLR0917
    cameras: Annotated[int, typer.Option(min=0, max=SIMULATED_CAMERAS, help="How many cameras.")] = SIMULATED_CAMERAS,
    rigs: Annotated[int, typer.Option(min=0, max=1, help="How many rigs.")] = 1,
    once: Annotated[
        bool, typer.Option("--once", help="One wake of each, then end; exit code 1 when something was not stored.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Everything drawn by chance follows from it.")] = 1,
    rate: Annotated[float, typer.Option(min=0.1, help="Seconds between two wakes anywhere in the fleet.")] = 30.0,
    loss: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share of chunks that never arrive.")] = 0.01,
) -> None:
    """Run simulated cameras and a rig against the stack: the real devices' protocol, with the field's faults."""
    # imported here: the other commands need no MQTT client and no drawing
    from pydantic import ValidationError  # noqa: PLC0415

    from lics.fleet.fleet import Fleet, Options  # noqa: PLC0415
    from lics.fleet.settings import FleetSettings  # noqa: PLC0415

    home = Paths.here().home
    try:
        settings = FleetSettings.load(home)
    except ValidationError:
        raise StackError(f"LICS_FLEET_PASSWORD is neither in the environment nor in {home / 'env'}: make up") from None
    fleet = Fleet(settings, Options(cameras, rigs, seed, rate, loss), home / "fleet")
    try:
        problems = asyncio.run(fleet.once() if once else fleet.go_on())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    for problem in problems:
        typer.echo(f"lics demo: {problem}", err=True)
    raise typer.Exit(1 if problems else 0)
