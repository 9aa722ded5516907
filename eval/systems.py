"""What is measured: anything that scores what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from eval.interactions import Floats, Interactions
from eval.protocols.split import Case, Split
from workspace.errors import UsageError


@dataclass(frozen=True, slots=True)
class Scores:
    """A system's answers to some cases; each part is there only where the system gives it.

    `values`, float64 [cases, items], orders the items, greatest first; -inf says that an item is not in the list, so a
    target there is a miss. The values of items that a case does not rank are ignored. `log_p`, float64 [cases, items],
    is log P(next) over all that a case ranks, misses included; `topics`, float64 [cases, topics], P(topic of the next)
    where it is not the sum of `log_p`. `also` holds further figures, float64 [cases] each, under their metric's name:
    tokens, hit@20, ….
    """

    values: Floats | None = None
    log_p: Floats | None = None
    topics: Floats | None = None
    also: Mapping[str, Floats] = field(default_factory=dict)


class System(Protocol):
    """A way to predict what comes next. Its `repr` names it with every setting: kept results are found by it."""

    @property
    def fitted_on(self) -> Interactions:
        """The events that the fit has seen, choosing settings included."""
        ...

    def fit(self, split: Split) -> None:
        """Learn from the split's validation stage and from the events of its test stage."""
        ...

    def score(self, cases: Sequence[Case]) -> Scores:
        """Answer the cases, each by itself."""
        ...


def refuse_leak(name: str, fitted_on: Interactions, split: Split) -> None:
    """Refuse a system that has seen what it is to predict, or anything at or after the cut.

    Raises:
        UsageError: it has; the message names the system and what it saw.
    """
    if split.cut is not None and len(fitted_on) and fitted_on.times.max() >= split.cut:
        raise UsageError(
            f"system {name!r} was fitted on events up to time {fitted_on.times.max():.0f}, past the cut of "
            f"{split.protocol} at {split.cut:.0f}; fit it on split.test.events"
        )
    targets = np.array([case.user << 32 | case.place for case in split.test.cases], np.int64)
    seen = np.isin(targets, fitted_on.keys)
    if seen.any():
        case = split.test.cases[int(np.argmax(seen))]
        raise UsageError(
            f"system {name!r} was fitted on {int(seen.sum())} test targets of {split.protocol}, among them event "
            f"{case.place} of user {split.test.events.user_ids[case.user]!r}; fit it on split.test.events"
        )
