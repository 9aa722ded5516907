"""Made users whose interests turn at known events: sudden, gradual, seasonal, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interests.rounds import Ints
from interests.tracker import Floats, Masses

GRADUAL, SEASON = 30, 40  # events that a gradual change takes; events of a season
PEAKED = 0.5  # concentration of a made taste: below 1 a few topics hold most of it
LEAST_MOVED = 0.5


@dataclass(frozen=True)
class Planted:
    """Events of many made users: `users`, int64 [events]; `mass`, float32 [events, topics], one topic each; `changes`
    gives each user's true change points as numbers of that user's events, from 0.
    """

    users: Ints
    mass: Masses
    changes: tuple[tuple[int, ...], ...]


def plant(kind: str, users: int, events: int, topics: int, generator: np.random.Generator) -> Planted:
    """So many users with so many events each; `kind` is one of `KINDS`."""
    made = [KINDS[kind](events, topics, generator) for _ in range(users)]
    drawn = np.concatenate([_draw(shares, generator) for shares, _ in made])
    mass = np.eye(topics, dtype=np.float32)[drawn]
    return Planted(np.repeat(np.arange(users), events), mass, tuple(changes for _, changes in made))


Made = tuple[Floats, tuple[int, ...]]  # P(topic) at each event, [events, topics], and the change points


def quiet(events: int, topics: int, generator: np.random.Generator) -> Made:
    """One taste all along."""
    return np.tile(_taste(topics, generator), (events, 1)), ()


def sudden(events: int, topics: int, generator: np.random.Generator) -> Made:
    """Another taste from one event on, between a third and two thirds; at least half of the mass moves."""
    before, after = _two(topics, generator)
    change = int(generator.integers(events // 3, 2 * events // 3))
    return np.where(np.arange(events)[:, None] < change, before, after), (change,)


def gradual(events: int, topics: int, generator: np.random.Generator) -> Made:
    """One taste turns into another over `GRADUAL` events; the change is where it begins."""
    before, after = _two(topics, generator)
    change = int(generator.integers(events // 3, 2 * events // 3))
    share = np.clip((np.arange(events) - change) / GRADUAL, 0.0, 1.0)[:, None]
    return (1 - share) * before + share * after, (change,)


def seasonal(events: int, topics: int, generator: np.random.Generator) -> Made:
    """Two tastes by turns, `SEASON` events each."""
    before, after = _two(topics, generator)
    odd = (np.arange(events) // SEASON % 2)[:, None]
    return np.where(odd == 0, before, after), tuple(range(SEASON, events, SEASON))


KINDS: Mapping[str, Callable[[int, int, np.random.Generator], Made]] = {
    "none": quiet,
    "sudden": sudden,
    "gradual": gradual,
    "seasonal": seasonal,
}


def _taste(topics: int, generator: np.random.Generator) -> Floats:
    return generator.dirichlet(np.full(topics, PEAKED))


def _two(topics: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Two tastes that differ in at least half of their mass (total variation)."""
    before = _taste(topics, generator)
    while True:
        after = _taste(topics, generator)
        if np.abs(after - before).sum() / 2 >= LEAST_MOVED:
            return before, after


def _draw(shares: Floats, generator: np.random.Generator) -> NDArray[np.int64]:
    """One topic for each row of P(topic)."""
    found: NDArray[np.int64] = (shares.cumsum(axis=1) < generator.random((len(shares), 1))).sum(axis=1)
    last: NDArray[np.int64] = np.minimum(found, shares.shape[1] - 1)
    return last
