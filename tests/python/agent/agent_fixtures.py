"""Fixtures of the agent's tests: a plugin, since two modules `conftest` outside a package would be one for mypy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from agent_lab import RigAgent, RigLab
from flows.lab import Stack


@pytest.fixture(scope="session")
def rig_lab() -> Iterator[RigLab]:
    """The lab."""
    made = RigLab(Stack())
    yield made
    made.close()


Agents = Callable[..., RigAgent]


@pytest.fixture
def agents(rig_lab: RigLab, tmp_path: Path) -> Iterator[Agents]:
    """Makes registered agents; all are killed in the end."""
    made: list[RigAgent] = []

    def make(port: int | None = None, more: str = "") -> RigAgent:
        folder = tmp_path / f"rig{len(made)}"
        folder.mkdir()
        made.append(RigAgent(rig_lab, folder, port or rig_lab.stack.mqtt_port, more))
        made[-1].register()
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            one.kill()


@pytest.fixture
def rig(agents: Agents) -> RigAgent:
    """One agent, online."""
    made = agents()
    made.start()
    return made
