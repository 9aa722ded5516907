"""Why a request is not answered, though nothing is wrong with it."""

from __future__ import annotations

import math

from workspace.errors import ForetasteError


class Busy(ForetasteError):
    """Too much is waiting; `retry_after`, in whole seconds, says when to come again."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = max(1, math.ceil(retry_after))


class Waited(Busy):
    """The time for an answer was over before its turn came."""


class Unavailable(Busy):
    """A `part` of the service (the model, the retrieval, the store) is down, too slow, or gives nonsense."""

    def __init__(self, part: str, retry_after: float) -> None:
        super().__init__(f"{part} does not answer as it should just now; try again in a while", retry_after)
        self.part = part
