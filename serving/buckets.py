"""Token buckets: how often somebody may come."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST = 10_000  # whoever came that long ago is forgotten


class Buckets:
    """One for each name: `burst` requests at once, `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, name: str) -> float:
        """Take a token; 0, or the seconds until there is one."""
        now = self._clock()
        left, at = self._left.pop(name, (float(self._burst), now))
        left = min(float(self._burst), left + self._rate * (now - at))
        taken = left >= 1
        self._left[name] = (left - 1 if taken else left, now)
        if len(self._left) > MOST:
            self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / self._rate
