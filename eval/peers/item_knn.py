"""Item neighbours: what is had by the same users (Sarwar et al. 2001, with shrinkage)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scipy.sparse import csc_array

from eval.interactions import Interactions
from eval.protocols.split import Case, Split
from eval.systems import Scores
from retrieval.neighbours import item_knn
from retrieval.trail import decayed


@dataclass
class ItemKNN:
    """Score = q · S with S = C / (√c_a √c_b + shrink), C = XᵀX, the diagonal 0.

    For each candidate item only its `k` nearest neighbours are kept. q weighs the history by `decay`; 1 counts every
    item of it alike.
    """

    k: int = 300
    shrink: float = 0.0
    decay: float = 1.0
    fitted_on: Interactions = field(init=False, repr=False)
    _similar: csc_array = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Count who had what together."""
        self.fitted_on = split.test.events
        self._similar = item_knn(self.fitted_on.matrix, self.k, self.shrink)

    def score(self, cases: Sequence[Case]) -> Scores:
        """The summed similarity to the weighted history."""
        q = decayed([case.history for case in cases], self._similar.shape[0], (self.decay,))
        return Scores((q @ self._similar).toarray())
