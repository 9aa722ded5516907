"""What knows nothing of the user: a random order and popularity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from eval.interactions import Interactions
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.systems import Scores
from retrieval.blend import log_softmax


@dataclass
class Random:
    """A random order by `seed`, the same for a case whatever is asked with it; P(next) is uniform."""

    seed: int = 0
    fitted_on: Interactions = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Learn how many items there are."""
        self.fitted_on = split.test.events

    def score(self, cases: Sequence[Case]) -> Scores:
        """Scores drawn evenly from [0, 1)."""
        count = len(self.fitted_on.catalogue)
        drawn = [np.random.default_rng((self.seed, case.user, case.place)).random(count) for case in cases]
        return Scores(np.stack(drawn), log_softmax(np.zeros(count), rankable(cases, count)))


@dataclass
class Popular:
    """The items with most events: the column sums of X; P(next) ∝ count + 1."""

    fitted_on: Interactions = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Count."""
        self.fitted_on = split.test.events

    def score(self, cases: Sequence[Case]) -> Scores:
        """The counts, the same for all."""
        counts = self.fitted_on.counts
        return Scores(np.tile(counts, (len(cases), 1)), log_softmax(np.log1p(counts), rankable(cases, len(counts))))
