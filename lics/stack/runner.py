"""Run lines of the Procfile by honcho: `python -m lics.stack.runner NAME…` (started detached by `lics up`)."""

import os
import sys

from honcho import manager
from honcho.environ import parse_procfile
from honcho.printer import Printer

from lics.stack.keep import STOP_AFTER_S, STOP_S
from lics.stack.paths import CHECKOUT


def main() -> None:
    """Run the named processes until a signal; their own output goes to their logs, honcho's to ours."""
    # honcho kills after 5 s; PostgreSQL's last checkpoint may take longer
    manager.KILL_WAIT = STOP_AFTER_S + STOP_S + 2
    lines = parse_procfile((CHECKOUT / "Procfile").read_text()).processes
    running = manager.Manager(Printer(sys.stdout, colour=False))
    for name in sys.argv[1:]:
        running.add_process(name, lines[name], env=dict(os.environ), cwd=str(CHECKOUT))
    running.loop()


if __name__ == "__main__":
    main()
