"""The fleet as a whole: what `lics demo --once` promises with its exit code."""

import socket
from pathlib import Path

import pytest

from lics.fleet import camera
from lics.fleet.fleet import Fleet, Options
from lics.fleet.settings import FleetSettings

ONE_OF_EACH = Options(cameras=1, rigs=1, seed=1, every_s=1.0, lost=0.0)


def settings(port: int) -> FleetSettings:
    return FleetSettings(
        mqtt_port=port,
        fleet_password="x",  # noqa: S106
        fleet_rig_id="rig",
        fleet_rig_key="x",
        fleet_deployment_id="run",
    )


async def test_once_says_of_each_device_what_went_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera, "RECONNECTS", 1)
    monkeypatch.setattr("lics.fleet.fleet.CONFIRMED_WITHIN_S", 0.2)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        problems = await Fleet(settings(closed.getsockname()[1]), ONE_OF_EACH, tmp_path).once()
    assert sorted(problem.split(":")[0] for problem in problems) == ["camera 02F1EE000001", "rig rig"]
    assert "the broker did not let it in" in "".join(problems)
    assert "20 trials not confirmed" in "".join(problems)


async def test_trials_that_were_not_confirmed_wait_for_the_next_fleet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lics.fleet.fleet.CONFIRMED_WITHIN_S", 0.2)
    options = Options(cameras=0, rigs=1, seed=1, every_s=1.0, lost=0.0)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        await Fleet(settings(closed.getsockname()[1]), options, tmp_path).once()
        again = Fleet(settings(closed.getsockname()[1]), options, tmp_path)
    assert len(again.rigs[0].spool.waiting()) == 20
    assert again.rigs[0].trial_number == 20


def test_the_environment_wins_over_the_stacks_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "env").write_text("LICS_FLEET_PASSWORD=secret\nLICS_MQTT_PORT=1\nLICS_OTHER=x\n")
    monkeypatch.setenv("LICS_MQTT_PORT", "2")
    monkeypatch.delenv("LICS_FLEET_PASSWORD", raising=False)
    found = FleetSettings.load(tmp_path)
    assert (found.fleet_password, found.mqtt_port) == ("secret", 2)
