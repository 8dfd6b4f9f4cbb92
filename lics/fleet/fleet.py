"""All simulated devices together: as a demo that goes on calmly, or once, with a verdict."""

import asyncio
import dataclasses
import datetime as dt
import random
from pathlib import Path

import structlog

from lics.fleet.accounts import simulated_mac
from lics.fleet.camera import Camera, Wake
from lics.fleet.faults import Faults
from lics.fleet.locks import held
from lics.fleet.rig import Rig
from lics.fleet.sdcard import SdCard
from lics.fleet.settings import FleetSettings
from lics.fleet.spool import Spool

ONCE_TRIALS = 20
ONCE_WAKES = 3
CONFIRMED_WITHIN_S = 60.0
SAME_WAKE_S = 31.0
"""After the end of a wake the server takes a HELLO for one of that wake for 30 s."""
FIRST_WAKES_S = 1.5
"""Between the cameras' first wakes, so that they do not all draw and send at once."""
TRIAL_EVERY_S = (2.0, 5.0)
TRIALS_A_BLOCK = 20
RUN_FOR_S = 86_400.0
"""The demo's run may take this long."""

log = structlog.get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class Options:
    """What to simulate. `every_s`: seconds between two wakes of the fleet; `lost`: part of chunks that never arrive."""

    cameras: int
    rigs: int
    seed: int
    every_s: float
    lost: float


class Fleet:
    """The devices of one demo; their cards and spools lie in `folder`."""

    def __init__(self, settings: FleetSettings, options: Options, folder: Path) -> None:
        self.options, self.folder = options, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.rng = random.Random(options.seed)
        self.cameras = [
            Camera(
                settings.camera_broker(mac),
                mac,
                seed=options.seed,
                faults=Faults.field(options.lost),
                card=SdCard(folder / mac),
            )
            for mac in map(simulated_mac, range(1, options.cameras + 1))
        ]
        self.rigs = []
        if options.rigs and settings.fleet_rig_id and settings.fleet_rig_key:
            spool = Spool(folder / f"{settings.fleet_rig_id}.sqlite")
            self.rigs.append(
                Rig(
                    settings.rig_broker(),
                    settings.fleet_rig_id,
                    deployment_id=settings.fleet_deployment_id,
                    seed=options.seed,
                    spool=spool,
                )
            )

    async def once(self) -> list[str]:
        """Each camera wakes once, each rig brings its trials in. Returns what went wrong, in sentences."""
        tasks = [self._rig_once(rig) for rig in self.rigs] + [self._camera_once(camera) for camera in self.cameras]
        return [problem for problem in await asyncio.gather(*tasks) if problem]

    async def go_on(self) -> list[str]:
        """Until cancelled: every camera once, some with a backlog, then a wake now and then; trials all the time."""
        async with asyncio.TaskGroup() as tasks:
            for rig in self.rigs:
                tasks.create_task(self._run(rig))
                tasks.create_task(self._measure(rig))
            order = self.rng.sample(self.cameras, len(self.cameras))
            for camera in order:
                tasks.create_task(self._first_wake(camera))
                await asyncio.sleep(FIRST_WAKES_S)
            tasks.create_task(self._wakes(order))
        return []

    async def _wakes(self, order: list[Camera]) -> None:
        while order:
            # each in its turn: a HELLO soon after a wake would only get the last answer again
            for camera in order:
                await asyncio.sleep(self.options.every_s * self.rng.uniform(0.7, 1.3))
                _tell(camera, await camera.wake())

    async def _first_wake(self, camera: Camera) -> None:
        """Some cameras were without a network and bring what they took at the last full hours."""
        if self.rng.random() < 0.4 and not camera.card.names():
            hour = camera.clock().replace(minute=0, second=self.rng.randrange(2, 40), microsecond=0)
            async with camera.card.in_use():
                for hours in range(self.rng.randint(1, 3), 0, -1):
                    await camera.capture(hour - dt.timedelta(hours=hours))
        _tell(camera, await camera.wake())

    async def _run(self, rig: Rig) -> None:
        """Where another process plays the rig already, it also sends what we put into the common spool."""
        async with held(self.folder / f"{rig.device_id}.lock"):
            await rig.run()

    async def _measure(self, rig: Rig) -> None:
        """Blocks of trials, until the run's time is over; then the rig idles until it is told to run again."""
        end = asyncio.get_running_loop().time() + RUN_FOR_S
        while True:
            for _ in range(TRIALS_A_BLOCK):
                await asyncio.sleep(self.rng.uniform(*TRIAL_EVERY_S))
                await rig.measure()
            if rig.deployment_id is not None:
                await rig.say("block done, a short break")
            if asyncio.get_running_loop().time() > end:
                await rig.finish()
                end = float("inf")

    async def _camera_once(self, camera: Camera) -> str | None:
        await asyncio.sleep(self.rng.random())
        for _ in range(ONCE_WAKES):
            wake = await camera.wake()
            if wake.outcome != "complete" or wake.stored:
                break
            # its last wake ended a moment ago, and that was the last answer again
            await asyncio.sleep(SAME_WAKE_S)
        _tell(camera, wake)
        if wake.outcome in ("complete", "slept") and not camera.card.names():
            return None
        left = ", ".join(camera.card.names()) or "nothing"
        return f"camera {camera.mac}: {_SENTENCES[wake.outcome]}; left on its card: {left}"

    async def _rig_once(self, rig: Rig) -> str | None:
        running = asyncio.create_task(self._run(rig))
        try:
            for _ in range(ONCE_TRIALS):
                await rig.measure()
            await rig.until_confirmed(CONFIRMED_WITHIN_S)
        except TimeoutError:
            waiting = len(rig.spool.waiting())
            return f"rig {rig.device_id}: {waiting} trials not confirmed within {CONFIRMED_WITHIN_S:.0f} s"
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        return f"rig {rig.device_id}: {len(rig.rejected)} trials were refused" if rig.rejected else None


_SENTENCES = {
    "complete": "its wake ended, but not all its images were stored",
    "slept": "it was sent to sleep before its images were stored",
    "silent": "the server's answers stopped",
    "unreachable": "the broker did not let it in",
}


def _tell(camera: Camera, wake: Wake) -> None:
    log.info(
        "camera wake",
        mac=camera.mac,
        outcome=wake.outcome,
        stored=wake.stored,
        chunks=wake.chunks_sent,
        asked_again=wake.missing_asked,
        restarts=wake.restarts,
        next_wake=wake.next_wake,
    )
