"""People would rather wait than be refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from serving.service.refusals import Busy, Unavailable

T = TypeVar("T")
TRIES = 3
LONGEST = 3.0  # seconds between two of them


async def patiently(ask: Callable[[], Awaitable[T]]) -> T:
    """What is asked for, asked again where too much was waiting; meanwhile it takes nobody's place.

    Raises:
        Busy: there was no place at the last time either.
        Unavailable: a part is down, which waiting does not mend.
    """
    for _ in range(TRIES - 1):
        try:
            return await ask()
        except Unavailable:
            raise
        except Busy as busy:
            await asyncio.sleep(min(busy.retry_after, LONGEST))
    return await ask()
