"""``python -m edge_functions``: the handler; ``python -m edge_functions drain``: take this member out of the share."""

from __future__ import annotations

import sys

import structlog
import uvloop

from edge_functions.app import App, configure_logs
from edge_functions.errors import BrokerUnreliableError, EdgeError
from edge_functions.mqtt import drain
from edge_functions.settings import Settings

REFUSES_TO_START = 78
"""EX_CONFIG: starting again will not help."""


async def _serve(settings: Settings) -> None:
    await App(settings).run()


def main(arguments: list[str]) -> int:
    """Answers the exit code."""
    configure_logs()
    log = structlog.get_logger(__name__)
    settings = Settings()
    code = 0
    try:
        uvloop.run(drain(settings) if arguments == ["drain"] else _serve(settings))
    except* BrokerUnreliableError as group:
        log.critical("this broker cannot be relied on", error=str(group.exceptions[0]))
        code = REFUSES_TO_START
    except* EdgeError as group:
        log.critical("failed", error=str(group.exceptions[0]))
        code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
