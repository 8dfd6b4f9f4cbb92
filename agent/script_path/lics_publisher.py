"""For experiments: `lics_publisher.save_trial({...})` keeps a trial and sends it to LICS.

Fields with a meaning: trial_number, started_at, ended_at, response, reaction_time (milliseconds), correct, custom_data;
each may be left out, and every other one is kept in custom_data. The call returns as soon as the trial is on file,
needs no network, no address and no password, and never raises because of a value.
"""

from __future__ import annotations

import sys

from agent import channel, hook

__all__ = ["init", "save_trial"]


def init(*_arguments: object, **_settings: object) -> None:
    """Nothing to do: the agent knows which run this is. Kept for scripts that name deployment and device."""


def save_trial(data: dict[str, object]) -> None:
    """Keep one trial. Using this turns off what is taken from PsychoPy by itself."""
    if not isinstance(data, dict):
        raise TypeError("save_trial takes a dictionary")
    if not channel.is_run() and channel.current().records == 0:
        print("lics_publisher: not run by an agent, trials go to lics_trials.jsonl", file=sys.stderr)
    hook.disable()
    channel.current().write({"type": "trial", "trial": data})
