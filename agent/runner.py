"""`python -m agent.runner script.py [arguments]`: a script as `__main__`, as a run of the agent.

- SIGTERM becomes `SystemExit(143)`, so that what the script (or PsychoPy) does at exit is done.
- When the agent dies, the run ends: nobody could stop it or hear it any more.
- The last record says how the script ended.
Runs in the experiment's interpreter: Python 3.10, standard library.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import sys
import threading
import time
import traceback
import types
from pathlib import Path
from typing import Any

from agent import channel, hook

LIFELINE_VARIABLE, RUN_VARIABLE = "LICS_LIFELINE_FD", "LICS_RUN_FILE"
SCRIPT_PATH = Path(__file__).resolve().parent / "script_path"
GRACE_S, KILL_S = 10.0, 5.0
LONGEST_ERROR = 2000


def main(arguments: list[str]) -> None:
    """Run the script; its exit code is the process's."""
    if not arguments:
        sys.exit("usage: python -m agent.runner script.py [arguments]")
    script = Path(arguments[0]).resolve()
    signal.signal(signal.SIGTERM, _terminate)
    # a process started in the background by a shell would ignore it
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _watch_agent()
    trials = channel.current()
    installed = hook.install(trials, _run_info())
    hook.use(installed)
    end: dict[str, Any] = {"type": "end", "exit": 0}
    # registered first, so that it is done last: after the script's own functions at exit
    atexit.register(_finish, trials, installed, end, os.getpid())
    sys.argv = [str(script), *arguments[1:]]
    # as for `python script.py`, instead of the agent's own folder; lics_publisher and the GPIO bridge come last
    sys.path[0] = str(script.parent)
    sys.path.append(str(SCRIPT_PATH))
    _execute(script, end)


def _execute(script: Path, end: dict[str, Any]) -> None:
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(script), __builtins__=__builtins__)
    sys.modules["__main__"] = module
    try:
        exec(compile(script.read_bytes(), str(script), "exec"), module.__dict__)  # noqa: S102 - it is what a runner is for
    except SystemExit as leaving:
        end["exit"] = _code(leaving.code)
        raise
    except KeyboardInterrupt:
        end.update(exit=130, error="KeyboardInterrupt")
        sys.exit(130)
    except BaseException as error:
        # without the frame of this function
        shown = error.__traceback__.tb_next if error.__traceback__ else None
        traceback.print_exception(type(error), error, shown)
        last = traceback.format_exception_only(type(error), error)[-1].strip()
        end.update(exit=1, error=last[:LONGEST_ERROR])
        sys.exit(1)


def _code(code: object) -> int:
    if code is None:
        return 0
    return code if isinstance(code, int) else 1


def _terminate(_number: int, _frame: object) -> None:
    raise SystemExit(143)


def _finish(trials: channel.Channel, installed: hook.Hook, end: dict[str, Any], process: int) -> None:
    if os.getpid() != process:
        # a process that the script forked has inherited this function: its end is not the run's
        return
    try:
        end.update(installed.finish())
    except Exception:
        traceback.print_exc()
    trials.close()
    trials.write({**end, "trials": trials.trials})
    trials.close()


def _run_info() -> hook.RunInfo:
    path = os.environ.get(RUN_VARIABLE)
    if not path:
        return hook.RunInfo()
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    return hook.RunInfo(
        str(told.get("deployment_id") or ""), str(told.get("experiment_id") or ""), told.get("subject_id"),
        told.get("params") or {},
    )  # fmt: skip


def _watch_agent() -> None:
    number = os.environ.pop(LIFELINE_VARIABLE, None)
    if number is None:
        return
    os.set_inheritable(int(number), False)

    def wait() -> None:
        while os.read(int(number), 64):
            pass
        # nobody reads it any more: a write would raise, and hide the end
        sys.stderr = None
        group = os.getpgrp() == os.getpid()
        for kill, pause in ((signal.SIGINT, GRACE_S), (signal.SIGTERM, KILL_S), (signal.SIGKILL, 0.0)):
            if group:
                os.killpg(0, kill)
            else:
                os.kill(os.getpid(), kill)
            time.sleep(pause)

    threading.Thread(target=wait, name="lics-lifeline", daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1:])
