"""Fixtures of the agent's tests: a plugin, since two modules `conftest` outside a package would be one for mypy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from agent_lab import Agents, RigAgent, RigLab
from flows.lab import Stack


@pytest.fixture(scope="session")
def rig_lab() -> Iterator[RigLab]:
    """The lab."""
    made = RigLab(Stack())
    yield made
    made.close()


@pytest.fixture
def agents(rig_lab: RigLab, tmp_path: Path) -> Iterator[Agents]:
    """Makes registered agents; all are killed in the end."""
    yield from _agents(rig_lab, tmp_path)


@pytest.fixture(scope="session")
def rig(rig_lab: RigLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RigAgent]:
    """One agent, online, for every test that leaves it so."""
    making = _agents(rig_lab, tmp_path_factory.mktemp("rig"))
    made = next(making)()
    made.start()
    yield made
    next(making, None)


def _agents(lab: RigLab, folder: Path) -> Iterator[Agents]:
    made: list[RigAgent] = []

    def make(port: int | None = None, more: str = "") -> RigAgent:
        own = folder / f"rig{len(made)}"
        own.mkdir()
        made.append(RigAgent(lab, own, port or lab.stack.mqtt_port, more))
        made[-1].register()
        return made[-1]

    yield make
    for one in made:
        if one.process is not None:
            one.kill()
