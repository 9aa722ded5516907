"""Small timelines, splits and rankers whose quality is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest

from eval.interactions import Interactions, from_timelines
from eval.protocols.split import Case, Split
from eval.systems import Scores
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline

Made = Callable[..., Interactions]
GENRES = (("Comedy",), ("Crime", "Drama"), ("Drama",), ("Horror",), ())


@dataclass
class Planted:
    """A ranker that gives what `rule` says of a case; float64 [items] each."""

    rule: Callable[[Case, int], np.ndarray]
    fitted_on: Interactions = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        self.fitted_on = split.test.events

    def score(self, cases: Sequence[Case]) -> Scores:
        count = len(self.fitted_on.catalogue)
        return Scores(np.stack([np.asarray(self.rule(case, count), float) for case in cases]))


@pytest.fixture
def plant() -> Callable[[Callable[[Case, int], np.ndarray]], Planted]:
    """A ranker that follows a rule."""
    return Planted


@pytest.fixture
def made() -> Made:
    """Interactions from lists of (item number, time), one list a user."""

    def interactions(*users: Sequence[tuple[int, float]], items: int = 10, order_only: bool = False) -> Interactions:
        catalogue = Catalogue(Item(f"i{n}", f"Film {n}", categories=GENRES[n % 5]) for n in range(items))
        timelines = [
            Timeline(f"u{number}", tuple(Event(f"u{number}", f"i{item}", time) for item, time in events))
            for number, events in enumerate(users)
        ]
        return from_timelines(timelines, catalogue, order_only)

    return interactions


@pytest.fixture
def walks(made: Made) -> Interactions:
    """40 users who walk through 30 items with some noise, in overlapping times."""
    generator = np.random.default_rng(5)
    users = []
    for user in range(40):
        start, length = int(generator.integers(30)), int(generator.integers(9, 14))
        noise = generator.random(length) < 0.3
        steps = np.where(noise, generator.integers(0, 30, length), (start + np.arange(length)) % 30)
        first = 10 * user + generator.random(length).cumsum() * 40
        users.append(list(zip(dict.fromkeys(steps.tolist()), first.tolist(), strict=False)))
    return made(*users, items=30)
