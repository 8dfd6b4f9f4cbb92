"""Which processes are ours: a process id alone may belong to another program later, with its start time it cannot."""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True)
class Pid:
    """One process. `created` in seconds of the epoch."""

    pid: int
    created: float

    @classmethod
    def of(cls, pid: int) -> "Pid | None":
        """The process that has this id now."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return cls(pid, psutil.Process(pid).create_time())
        return None

    def process(self) -> psutil.Process | None:
        """The process, if it still lives (one that only waits to be collected does not)."""
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(self.pid)
            if abs(process.create_time() - self.created) < 0.05 and process.status() != psutil.STATUS_ZOMBIE:
                return process
        return None


def save(path: Path, *pids: Pid) -> None:
    """Write the processes in one step."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps([asdict(pid) for pid in pids]))
    temporary.replace(path)


def load(path: Path) -> list[Pid]:
    """The processes that were written; none when there is no file."""
    try:
        return [Pid(**entry) for entry in json.loads(path.read_text())]
    except FileNotFoundError:
        return []


def alive(path: Path) -> list[psutil.Process]:
    """Those of them that still live."""
    return [process for pid in load(path) if (process := pid.process())]
