"""The command `lics`: thin; what it does is in the modules beside it."""

import os
import sys
import time
from typing import Annotated, Literal

import psycopg
import typer

from lics import edge, release, typegen
from lics.demo_rig import demo_rig
from lics.doctor.cli import doctor
from lics.export import export
from lics.fleet.cli import demo
from lics.stack import envfile, health, processes, suites
from lics.stack import up as stack
from lics.stack.database import libpq
from lics.stack.errors import StackError
from lics.stack.paths import CHECKOUT, Paths
from lics.stack.settings import DEMO_DOMAINS, PRINTED

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="LICS on this machine."
)


def _settings(paths: Paths) -> dict[str, str]:
    settings = envfile.read(paths.env)
    if not settings:
        raise StackError("there is no stack yet: make up")
    return settings


class _Progress:
    """One line a step, with the time since the beginning."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, text: str) -> None:
        typer.echo(f"[{time.monotonic() - self.began:5.1f} s] {text}", err=True)


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Start the simulated fleet.", envvar="LICS_DEMO")] = True,
) -> None:
    """Start the stack, or bring a running one up to date; wait until it is healthy."""
    paths, say = Paths.here(), _Progress()
    settings = stack.up(paths, say, demo)
    say("ready")
    people = "\n".join(
        f"  {who.lower():7}{settings[f'LICS_DEMO_{who}_EMAIL']:24}{settings[f'LICS_DEMO_{who}_PASSWORD']}"
        for who in DEMO_DOMAINS
    )
    typer.echo(
        f"\nLook at {settings['LICS_API_URL']}/ and sign in as one of\n{people}\n\n"
        f"API {settings['LICS_API_URL']}   MQTT {settings['LICS_MQTT_HOST']}:{settings['LICS_MQTT_PORT']}   "
        f"logs {paths.log}\nmake env, make psql, make logs, make down"
    )


@app.command()
def down() -> None:
    """Stop every process; the data stays."""
    stack.down(Paths.here(), _Progress())


@app.command()
def reset(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Stop everything and delete the stack: database, images, keys, settings."""
    paths = Paths.here()
    if not yes and not typer.confirm(f"Delete {paths.home} with everything in it?"):
        raise typer.Exit(1)
    stack.reset(paths, _Progress())


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="One process; else all.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as lines come.")] = False,
    lines: Annotated[int, typer.Option("-n", help="How many of the last lines.")] = 50,
) -> None:
    """Show the processes' logs."""
    paths = Paths.here()
    files = sorted(paths.log.glob("*.log")) if name is None else [paths.log_of(name)]
    if not files or not files[0].exists():
        raise StackError(f"no such log; there are: {', '.join(sorted(log.stem for log in paths.log.glob('*.log')))}")
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, files)]
    os.execvp(command[0], command)  # noqa: S606


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context) -> None:
    """Open psql as the owner of the database; further arguments go to psql."""
    # in the environment, not in the arguments, which every user of the machine sees
    os.environ.update(libpq(_settings(Paths.here())["LICS_DB_URL"]))
    os.execvp("psql", ["psql", *context.args])  # noqa: S606


@app.command()
def env() -> None:
    """Print how to connect, and the demo accounts, as KEY=value lines and nothing else."""
    settings = _settings(Paths.here())
    typer.echo("".join(f"{name}={settings[name]}\n" for name in PRINTED), nl=False)


@app.command()
def status() -> None:
    """Say how each process is; exit code 1 when one that runs is not healthy or one is missing."""
    paths = Paths.here()
    settings = _settings(paths)
    bad = False
    for state in processes.states(paths):
        wrong = "down" if state.pid is None else health.check(state.name, settings)
        bad |= wrong is not None and state.name not in processes.CLIENTS
        since = "" if state.since_s is None else f"process {state.pid}, {state.since_s:.0f} s"
        typer.echo(f"{state.name:10} {'healthy' if wrong is None else wrong:30} {since}")
    raise typer.Exit(int(bad))


@app.command()
def gateway(
    only: Annotated[
        Literal["seeds"] | None, typer.Option(help="seeds: only /api, beside a Supabase project (docs/SUPABASE.md).")
    ] = None,
) -> None:
    """Run the gateway in the foreground, with the stack's settings below what the environment says."""
    paths = Paths.here()
    known = {**envfile.read(paths.env), **{k: v for k, v in os.environ.items() if k.startswith("LICS_")}}
    if only is not None:
        known["LICS_GATEWAY_ONLY"] = only
    os.execve(sys.executable, [sys.executable, "-m", "gateway"], {**os.environ, **known})  # noqa: S606


@app.command()
def configure() -> None:
    """Write settings, keys, the cluster and every program's configuration; start nothing (docs/DEPLOY.md)."""
    paths, say = Paths.here(), _Progress()
    stack.configure(paths, say)
    say(f"configured in {paths.home}")


@app.command()
def build() -> None:
    """Bring the database of a running PostgreSQL up to this checkout: migrations, code, reference rows."""
    paths, say = Paths.here(), _Progress()
    stack.build(paths, _settings(paths), say)
    say("the database is up to date")


@app.command()
def backup(full: Annotated[bool, typer.Option(help="A full one; else what has changed since.")] = False) -> None:
    """Back up the running stack: cluster and WAL (pgBackRest), images, keys, settings. LICS_BACKUP_DIR says where."""
    paths, say = Paths.here(), _Progress()
    say(f"backed up in {stack.backup(paths, _settings(paths), say, full)}")


@app.command()
def restore(
    moment: Annotated[
        str | None, typer.Option("--time", help="To this time, 2026-12-01T14:30:00Z; else as far as WAL was archived.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    demo: Annotated[bool, typer.Option(help="Start the simulated fleet.", envvar="LICS_DEMO")] = True,
    start: Annotated[bool, typer.Option(help="Start the stack; not where systemd runs it.")] = True,
) -> None:
    """Put the newest backup in place of the stack's database, up to a point in time, and start the stack."""
    paths, say = Paths.here(), _Progress()
    if not yes and not typer.confirm(f"Replace the database in {paths.home} by the backup?"):
        raise typer.Exit(1)
    stack.restore(paths, say, moment, demo if start else None)
    say("ready")


@app.command("release-sql")
def release_sql(
    check: Annotated[bool, typer.Option("--check", help="Only say whether the newest one is up to date.")] = False,
    seal: Annotated[bool, typer.Option("--seal", help="Note every migration as released: none may change.")] = False,
) -> None:
    """Compile sql/apply.sql into the next migration (…_code.sql)."""
    tree = release.Tree(Paths.here().root)
    if check:
        if why := release.problem(tree):
            raise release.ReleaseError(why)
    elif seal:
        typer.echo("\n".join(release.seal(tree)))
    else:
        typer.echo(release.release(tree).relative_to(tree.root))


@app.command()
def types() -> None:
    """Write the API's types in TypeScript and Python from the running stack's database."""
    with psycopg.connect(_settings(Paths.here())["LICS_DB_URL"]) as connection:
        for path, text in typegen.files(connection).items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            typer.echo(path.relative_to(CHECKOUT))


app.command()(demo)
app.command("demo-rig")(demo_rig)
app.command()(export)
app.command()(doctor)
app.add_typer(edge.app, name="edge")


@app.command()
def run(command: Annotated[list[str], typer.Argument(help="The command and its arguments, after --.")]) -> None:
    """Run a command with the stack's settings in its environment."""
    paths = Paths.here()
    env = processes.environment(paths, _settings(paths))
    try:
        os.execvpe(command[0], command, env)  # noqa: S606
    except FileNotFoundError:
        raise StackError(f"{command[0]}: no such command") from None


@app.command("test")
def run_suites(
    groups: Annotated[
        list[str] | None, typer.Argument(help="lint, db, python, contract, faults, e2e; all when none is named.")
    ] = None,
) -> None:
    """Run the test suites on a stack of their own; exit code 1 when one failed."""
    raise typer.Exit(int(not suites.run(CHECKOUT, groups or [], _Progress())))


def main() -> None:
    """Entry of the command: a person's errors without traceback."""
    try:
        app()
    except (StackError, release.ReleaseError) as error:
        typer.echo(f"lics: {error}", err=True)
        sys.exit(1)
