"""A token bucket per key, in memory: the gateway is one process."""

from __future__ import annotations

import time
from collections.abc import Callable


class Buckets:
    """`burst` takes at once, one more each `refill_s` seconds. Keeps at most `limit` keys; the fullest go first."""

    def __init__(
        self, burst: int, refill_s: float, limit: int = 50_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = float(burst)
        self._rate = 1.0 / refill_s
        self._limit = limit
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """Takes one. 0 when allowed, else seconds until the next is."""
        now = self._clock()
        level, then = self._levels.get(key, (self._burst, now))
        level = min(self._burst, level + (now - then) * self._rate)
        if level < 1.0:
            self._levels[key] = (level, now)
            return (1.0 - level) / self._rate
        if key not in self._levels and len(self._levels) >= self._limit:
            self._forget(now)
        self._levels[key] = (level - 1.0, now)
        return 0.0

    def give_back(self, key: str) -> None:
        """Undoes a take: the attempt was honest."""
        if (entry := self._levels.get(key)) is not None:
            self._levels[key] = (min(self._burst, entry[0] + 1.0), entry[1])

    def _forget(self, now: float) -> None:
        full = sorted(
            self._levels, key=lambda key: self._levels[key][0] + (now - self._levels[key][1]) * self._rate, reverse=True
        )
        for key in full[: max(1, self._limit // 10)]:
            del self._levels[key]
