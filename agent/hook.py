"""What turns a library's own records into trials, without a change to the script.

`install` is called by the runner once, before the script's first line. A hook for a library patches it here (or at its
import), writes records with `channel.post` and answers `finish`, which the runner asks after everything else at exit.

Records (one JSON object a line; `at`, seconds since 1970, is added by the channel):
- `{"type": "trial", "trial": {…}, "entry": n}`: the fields of a trial on the wire, each optional; anything else in
  `trial` ends in `custom_data`. With `entry` (the hook's own number of the row) the same entry may be sent again later:
  it keeps its `seq` and becomes the next `rev`. Without it every record is a trial of its own.
- `{"type": "end", "entries": n, "loops_unfinished": […], "trials": n, …}`: written by the runner from `finish`; its
  `trials` is how many the file holds, so that one the agent could not read becomes a gap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from agent.channel import Channel
from agent.psychopy_hook import PsychoPyHook


@dataclass(frozen=True)
class RunInfo:
    """What was frozen at deploy: for start dialogs and for the script."""

    deployment_id: str = ""
    experiment_id: str = ""
    subject_id: str | None = None
    params: dict[str, Any] = field(default_factory=dict)


class Hook(Protocol):
    """One for a run."""

    def disable(self) -> None:
        """The script publishes its trials itself: send nothing from now on."""

    def finish(self) -> dict[str, Any]:
        """Send what is half filled (`partial`), and answer `{"entries": n, "loops_unfinished": [names]}`."""


class NoHook:
    """A plain script: only what it saves itself counts, and nothing is known of its loops."""

    def disable(self) -> None:
        """Nothing to disable."""

    def finish(self) -> dict[str, Any]:
        """Nothing to add."""
        return {}


def install(channel: Channel, run: RunInfo) -> Hook:
    """The hook of this run."""
    return PsychoPyHook(channel, run.params, run.subject_id)


_installed: Hook = NoHook()


def use(hook: Hook) -> None:
    """Make a hook the one of this process."""
    global _installed  # noqa: PLW0603 - one a process is the point
    _installed = hook


def disable() -> None:
    """Called by `lics_publisher`: an explicit trial turns the hook off for this run."""
    _installed.disable()
