"""iALS: matrix factorisation of implicit feedback (Hu, Koren & Volinsky 2008; settings after Rendle et al. 2021)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from eval.interactions import Floats, Interactions
from eval.protocols.split import Case, Split
from eval.systems import Scores
from retrieval.trail import decayed

SCALE = 0.1  # standard deviation of the first item vectors, before division by the root of their length


@dataclass
class IALS:
    """Score = u · v; squared error with weight 1 on what was observed and 1 / `alpha` on all else.

    The regularisation of a vector is `regularisation` times the number of its events. A user's vector is solved for
    from the history of the case, so every history is served by the same item vectors.
    """

    factors: int = 64
    regularisation: float = 0.01
    alpha: float = 5.0
    rounds: int = 15
    seed: int = 0
    fitted_on: Interactions = field(init=False, repr=False)
    _items: Floats = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Alternate between users and items."""
        self.fitted_on = split.test.events
        x = self.fitted_on.matrix
        flipped = csr_array(x.T)
        spread = SCALE / np.sqrt(self.factors)
        self._items = np.random.default_rng(self.seed).normal(0.0, spread, (x.shape[1], self.factors))
        for _ in range(self.rounds):
            self._items = self._solve(flipped, self._solve(x, self._items))

    def score(self, cases: Sequence[Case]) -> Scores:
        """The products of the histories' vectors with the items'."""
        x = decayed([case.history for case in cases], len(self._items), (1.0,))
        return Scores(self._solve(x, self._items) @ self._items.T)

    def _solve(self, x: csr_array, other: Floats) -> Floats:
        """The best vectors for the rows of `x` when the columns' are `other`. Float64 [rows, factors]."""
        base = other.T @ other / self.alpha
        ridge = self.regularisation * np.eye(self.factors)
        found = np.zeros((x.shape[0], self.factors))
        for row in range(x.shape[0]):
            seen = other[x.indices[x.indptr[row] : x.indptr[row + 1]]]
            if len(seen):
                left = base + (1 - 1 / self.alpha) * (seen.T @ seen) + len(seen) * ridge
                found[row] = np.linalg.solve(left, seen.sum(axis=0))
        return found
