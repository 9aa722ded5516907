"""EASE: a linear model of each item from all others (Steck 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from eval.interactions import Floats, Interactions
from eval.protocols.split import Case, Split
from eval.systems import Scores
from retrieval.neighbours import ease
from retrieval.trail import decayed


@dataclass
class Ease:
    """Score = q · B, where with P = (XᵀX + λI)⁻¹ B_ab = -P_ab / P_bb and the diagonal is 0.

    `regularisation` is λ; q weighs the history by `decay`, 1 counts every item of it alike.
    """

    regularisation: float = 100.0
    decay: float = 1.0
    fitted_on: Interactions = field(init=False, repr=False)
    _weights: Floats = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Invert the Gram matrix."""
        self.fitted_on = split.test.events
        self._weights = ease(self.fitted_on.matrix, self.regularisation)

    def score(self, cases: Sequence[Case]) -> Scores:
        """The weighted history's rows of B, summed."""
        q = decayed([case.history for case in cases], len(self._weights), (self.decay,))
        return Scores(np.asarray(q @ self._weights))
