"""`lics demo-rig`: the real agent with a screen that nobody sees, and a participant who presses keys."""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Annotated

import psutil
import typer

from lics.screen import Screen
from lics.stack import envfile
from lics.stack.errors import StackError
from lics.stack.paths import Paths

NEEDED = ("LICS_API_URL", "LICS_ANON_KEY", "LICS_MQTT_HOST", "LICS_MQTT_PORT", "LICS_LAB_RIG_ID", "LICS_LAB_RIG_KEY")
STOP_S = 30.0

CONFIG = """\
[default]
backend_url = {LICS_API_URL}
anon_key = {LICS_ANON_KEY}
mqtt_broker = {LICS_MQTT_HOST}
mqtt_port = {LICS_MQTT_PORT}
device_id = {LICS_LAB_RIG_ID}
device_api_key = {LICS_LAB_RIG_KEY}
state_dir = {state}
python = {python}
min_free_mb = 50
"""


def demo_rig(
    keys: Annotated[str, typer.Option(help="Keys that the participant presses in turn, as xdotool names them.")] = (
        "Left,Down,Right,space"
    ),
    every: Annotated[float, typer.Option(min=0.05, help="Seconds between two keys.")] = 0.7,
) -> None:
    """Run the demo's lab rig: a real agent with PsychoPy, on a screen of its own, until it is stopped."""
    paths = Paths.here()
    settings = {**envfile.read(paths.env), **os.environ}
    if missing := [name for name in NEEDED if not settings.get(name)]:
        raise StackError(f"not in the environment nor in {paths.env}: {', '.join(missing)}: make up")
    folder = paths.home / "rig"
    raise typer.Exit(_run(paths.root, folder, settings, keys.split(","), every))


def write_config(folder: Path, python: Path, settings: Mapping[str, str]) -> Path:
    """The agent's config.ini; only its owner may read it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "config.ini"
    # a PsychoPy that was not installed: plain scripts run with the agent's own interpreter
    found = python if python.exists() else Path(sys.executable)
    config.touch(mode=0o600)
    config.write_text(CONFIG.format(**{name: settings[name] for name in NEEDED}, state=folder / "state", python=found))
    return config


def _run(root: Path, folder: Path, settings: Mapping[str, str], keys: list[str], every: float) -> int:
    config = write_config(folder, root / ".venv-psychopy" / "bin" / "python", settings)
    screen = Screen("800x600")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LICS_")}
    agent = subprocess.Popen(
        [sys.executable, "-m", "agent", "--config", str(config), "run"],
        cwd=root, env={**environment, "DISPLAY": screen.display, "HOME": str(folder)},
    )  # fmt: skip

    def stop(_number: int, _frame: FrameType | None) -> None:
        agent.terminate()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        for key in itertools.cycle(keys):
            try:
                return agent.wait(every)
            except subprocess.TimeoutExpired:
                if _runs_a_script(agent.pid):
                    screen.press(key)
        return 0
    finally:
        agent.terminate()
        try:
            agent.wait(STOP_S)
        except subprocess.TimeoutExpired:
            agent.kill()
        screen.close()


def _runs_a_script(agent: int) -> bool:
    """Whether the participant has something to do."""
    try:
        return bool(psutil.Process(agent).children())
    except psutil.NoSuchProcess:
        return False
