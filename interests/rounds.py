"""Events of many users, walked through so that every user takes one step at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def busiest_first(users: Ints) -> tuple[Ints, Ints]:
    """The users, int64 [n], those of most events first, and whose each event is by the place there, int64 [events].

    Who takes part in a round of these places are the first so many.
    """
    met, of_event, counts = np.unique(users, return_inverse=True, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    places = np.empty(len(met), np.int64)
    places[order] = np.arange(len(met))
    return met[order], places[of_event]


def rounds(users: Ints) -> Iterator[Ints]:
    """The places of events, int64 [n] each time, so that no user occurs twice in one and each one's order stays.

    `users`, int64 [events], says whose each event is. The first round holds every user's first event, and so on.
    """
    order = np.argsort(users, kind="stable")
    first = np.flatnonzero(np.diff(users[order], prepend=-1))
    number = np.arange(len(users)) - np.repeat(first, np.diff(first, append=len(users)))
    by_round = order[np.argsort(number, kind="stable")]
    ends = np.cumsum(np.bincount(number)) if len(users) else np.zeros(0, np.int64)
    yield from np.split(by_round, ends[:-1]) if len(users) else ()
