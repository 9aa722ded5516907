"""Item transitions: what follows what within a few steps (a Markov chain; Rendle et al. 2010 factorise it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from scipy.sparse import csr_array

from eval.interactions import Interactions
from eval.protocols.split import Case, Split
from eval.systems import Scores
from retrieval.neighbours import markov
from retrieval.trail import decayed


@dataclass
class Markov:
    """Score = Σ over the `last` items of the history of decay^(j-1) · row of the j-th last.

    The rows are those of `retrieval.neighbours.markov`.
    """

    window: int = 10
    last: int = 10
    decay: float = 0.9
    fitted_on: Interactions = field(init=False, repr=False)
    _rows: csr_array = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Count the transitions."""
        self.fitted_on = split.test.events
        self._rows = markov(self.fitted_on.users, self.fitted_on.items, len(self.fitted_on.catalogue), self.window)

    def score(self, cases: Sequence[Case]) -> Scores:
        """The decayed sum of the last items' rows."""
        q = decayed([case.history for case in cases], self._rows.shape[0], (self.decay,), self.last)
        return Scores((q @ self._rows).toarray())
