"""`lics-agent`: run, register, status, spool.

Exit codes: 0 done; 1 it failed (the server is away, no agent runs); 2 wrong usage; 3 configuration, or not registered;
4 the server refused; 5 another agent uses the state directory.
"""

from __future__ import annotations

import argparse
import json
import logging
import socket
import sys
import uuid
from pathlib import Path
from typing import Any

from agent import __version__, control
from agent.api import Api
from agent.config import Config, Credentials, credentials, find, load, save_credentials
from agent.errors import AgentError, AlreadyRunningError, ConfigError, ServerRefusedError

STDIN = "-"
FAILED, USAGE, CONFIG, REFUSED, RUNNING = 1, 2, 3, 4, 5


def main(arguments: list[str] | None = None) -> int:
    """Parse, do, answer the exit code."""
    options = _parser().parse_args(arguments)
    try:
        config = load(find(options.config))
        logging.basicConfig(
            level=config.log_level.upper(), format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr
        )
        # a line a request, with its address, is not for the journal
        logging.getLogger("httpx").setLevel(logging.WARNING)
        code: int = options.do(config, options)
    except ConfigError as error:
        return _fail(error, CONFIG)
    except ServerRefusedError as error:
        return _fail(error, REFUSED)
    except AlreadyRunningError as error:
        return _fail(error, RUNNING)
    except (AgentError, OSError, ValueError) as error:
        return _fail(error, FAILED)
    return code


def _fail(error: Exception, code: int) -> int:
    print(f"lics-agent: {error}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lics-agent", description="Runs experiments that LICS deploys to this rig, and delivers every trial.",
        epilog=(__doc__ or "").partition("\n\n")[2], formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--config", metavar="FILE", help="config.ini (default: $LICS_AGENT_CONFIG, ./config.ini, "
                        "/etc/lics-agent/config.ini)")  # fmt: skip
    parser.add_argument("--version", action="version", version=f"lics-agent {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="be the agent, until SIGTERM")
    run.set_defaults(do=_run)

    register = commands.add_parser("register", help="make this rig known, with an enrolment token of an admin")
    register.add_argument("--token", help="enrolment token; - reads it from standard input (default: config.ini)")
    register.add_argument("--name", help="name of the rig (default: config.ini, else the host's name)")
    register.add_argument("--mac", help="MAC address (default: this machine's)")
    register.add_argument("--force", action="store_true", help="forget the identity this rig has")
    register.set_defaults(do=_register)

    status = commands.add_parser("status", help="what the running agent does, as JSON")
    status.set_defaults(do=_status)

    spool = commands.add_parser("spool", help="trials that the server has not confirmed, as JSON")
    which = spool.add_mutually_exclusive_group()
    which.add_argument("--quarantine", dest="word", action="store_const", const="quarantine", help="the refused ones")
    which.add_argument("--retry", dest="word", action="store_const", const="retry", help="send the refused ones again")
    spool.set_defaults(do=_spool, word="spool")
    return parser


def _run(config: Config, _options: argparse.Namespace) -> int:
    from agent.service import Service  # noqa: PLC0415 - the other commands need no broker client

    found = credentials(config)
    if found is None and config.enrolment_token:
        found = _enrol(config, config.enrolment_token, config.name, None)
    if found is None:
        raise ConfigError("this rig is not registered: lics-agent register --token TOKEN")
    Service(config, found).run()
    return 0


def _register(config: Config, options: argparse.Namespace) -> int:
    known = credentials(config)
    if known is not None and not options.force:
        raise ConfigError(f"this rig is registered already, as {known.device_id} (--force registers it anew)")
    given = sys.stdin.readline().strip() if options.token == STDIN else options.token
    token = given or config.enrolment_token
    if not token:
        raise ConfigError("an enrolment token is needed: --token, or enrolment_token in config.ini")
    found = _enrol(config, token, options.name or config.name, options.mac)
    print(json.dumps({"device_id": found.device_id}))
    return 0


def _enrol(config: Config, token: str, name: str, mac: str | None) -> Credentials:
    api = Api(config.backend_url, config.anon_key)
    try:
        answer = api.register(mac or machine_mac(), name or f"Pi-{socket.gethostname()}", token)
    finally:
        api.close()
    found = Credentials(str(uuid.UUID(answer["device_id"])), str(answer["device_api_key"]))
    save_credentials(config, found)
    return found


def machine_mac(classes: Path = Path("/sys/class/net")) -> str:
    """The address of the first real network interface, else whatever this machine calls its own."""
    for interface in sorted(classes.glob("*")):
        if (interface / "device").exists():
            address = (interface / "address").read_text(encoding="ascii").strip()
            if address and address != "00:00:00:00:00:00":
                return address
    number = uuid.getnode()
    if number >> 40 & 1:
        raise ConfigError("this machine has no MAC address of its own: --mac")
    return ":".join(f"{number >> shift & 255:02x}" for shift in range(40, -1, -8))


def _status(config: Config, _options: argparse.Namespace) -> int:
    found = control.ask(config.state_dir, "status")
    if found is None:
        known = credentials(config)
        print(json.dumps({"running": False, "device_id": known.device_id if known else None}))
        return FAILED
    print(json.dumps(found, indent=2))
    return 0


def _spool(config: Config, options: argparse.Namespace) -> int:
    found = control.ask(config.state_dir, options.word)
    print(json.dumps(found if found is not None else _spool_at_rest(config, options.word), indent=2))
    return 0


def _spool_at_rest(config: Config, word: str) -> dict[str, Any]:
    from agent.spool import Spool  # noqa: PLC0415 - only where no agent runs
    from agent.store import Store  # noqa: PLC0415

    if not config.state_dir.is_dir():
        raise ConfigError(f"{config.state_dir} does not exist")
    store = Store(config.state_dir)
    try:
        spool = Spool(store, "")
        if word == "retry":
            return {"retried": spool.retry_quarantine()}
        return {"quarantine": spool.list_quarantine()} if word == "quarantine" else {"runs": spool.summary()}
    finally:
        store.close()
