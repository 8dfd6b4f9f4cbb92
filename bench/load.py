"""Load for the benchmarks: trials of some rigs, published by ``mosquitto_pub``.

That is a C client, so that publishing costs the two cores little.
"""

from __future__ import annotations

import json
import random
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True)
class Rig:
    """A rig of the benchmark's own company with one running deployment."""

    device_id: str
    deployment_id: str


@dataclass(frozen=True)
class Broker:
    """Where to publish, and as whom."""

    host: str
    port: int
    username: str
    password: str


def trial_lines(rig: Rig, count: int, first_seq: int, seed: int = 1) -> str:
    """``count`` trials as JSON lines, each with the seeds' fields and our ``seq``."""
    dice = random.Random(seed)  # noqa: S311 - load, not secrets
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    lines = []
    for offset in range(count):
        seq = first_seq + offset
        started = begin + timedelta(seconds=seq)
        lines.append(
            json.dumps(
                {
                    "deployment_id": rig.deployment_id,
                    "seq": seq,
                    "trial_number": seq,
                    "started_at": started.isoformat(),
                    "ended_at": (started + timedelta(seconds=1)).isoformat(),
                    "response": {"key_pressed": dice.choice(["left", "right"])},
                    "reaction_time": round(dice.uniform(250, 900), 1),
                    "correct": dice.random() < 0.9,
                    "custom_data": {"stimulus_name": f"image_{seq % 40:02d}.png", "condition": dice.choice("AB")},
                },
                separators=(",", ":"),
            )
        )
    return "\n".join(lines) + "\n"


@contextmanager
def publishers(broker: Broker, rigs: Sequence[Rig], files: Sequence[Path]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """One ``mosquitto_pub`` a rig, each publishing its file line by line at QoS 1; waits for all of them at the end."""
    running = []
    for number, (rig, path) in enumerate(zip(rigs, files, strict=True)):
        with path.open("rb") as lines:
            running.append(
                subprocess.Popen(
                    [
                        "mosquitto_pub",
                        *("-h", broker.host, "-p", str(broker.port), "-i", f"bench-pub-{number}"),
                        *("-u", broker.username, "-P", broker.password),
                        *("-q", "1", "-l", "-t", f"devices/{rig.device_id}/data"),
                    ],
                    stdin=lines,
                )
            )
    yield running
    for process in running:
        if process.wait(timeout=120) != 0:
            raise RuntimeError(f"mosquitto_pub ended with {process.returncode}")
