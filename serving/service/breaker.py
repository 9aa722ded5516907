"""A circuit breaker: what failed is left alone for a while, then tried again."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from serving.service.refusals import Busy, Unavailable

State = Literal["closed", "open", "trial"]
FAILURES = 3  # in a row that open it; one that took too long does so at once, since it still holds a thread
REST = 10.0  # seconds before a trial
logger = logging.getLogger(__name__)


class Breaker:
    """Watches one part of the service."""

    def __init__(self, part: str, rest: float = REST, clock: Callable[[], float] = time.monotonic) -> None:
        """`part` is what it is called in errors; `clock` gives seconds."""
        self.part, self._rest, self._clock = part, rest, clock
        self._lock = threading.Lock()
        self.failed = 0  # jobs, in all
        self._failures = 0  # in a row
        self._opened: float | None = None
        self._trying = False

    @property
    def state(self) -> State:
        """Closed: all is well; open: nothing is let through; trial: one request is."""
        if self._opened is None:
            return "closed"
        return "trial" if self._trying or self._clock() >= self._opened + self._rest else "open"

    @contextmanager
    def guard(self, *innocent: type[Exception]) -> Iterator[None]:
        """Lets what is inside run, and learns from how it went; `innocent` errors say nothing of the part.

        That a part has no time, while it is not known to be well again, is another way of being down.

        Raises:
            Unavailable: it is open, or what was inside failed.
        """
        self._admit()
        try:
            yield
        except Exception as error:
            if isinstance(error, (Busy, *innocent)):
                self._trying = False
                if isinstance(error, Busy) and self._opened is not None:
                    raise Unavailable(self.part, error.retry_after) from error
                raise
            self._fail(error)
            raise Unavailable(self.part, self._rest) from error
        except BaseException:
            self._trying = False
            raise
        self._opened, self._failures, self._trying = None, 0, False

    def _admit(self) -> None:
        with self._lock:
            if self._opened is None:
                return
            left = self._opened + self._rest - self._clock()
            if left > 0 or self._trying:
                raise Unavailable(self.part, left)
            self._trying = True

    def _fail(self, error: Exception) -> None:
        logger.warning("%s failed: %s", self.part, type(error).__name__)
        logger.debug("how %s failed", self.part, exc_info=error)  # may hold what a user wrote
        with self._lock:
            self.failed += 1
            self._failures += 1
            if self._trying or self._failures >= FAILURES or isinstance(error, TimeoutError):
                self._opened, self._trying = self._clock(), False
