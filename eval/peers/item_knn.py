"""Item neighbours: what is had by the same users (Sarwar et al. 2001, with shrinkage)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csc_array, hstack

from eval.interactions import Floats, Interactions
from eval.peers.histories import weights
from eval.protocols.split import Case, Split
from eval.systems import Scores

BLOCK = 512  # candidate items whose similarities are held densely at once


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
        x = self.fitted_on.matrix.tocsc()
        roots = np.sqrt(self.fitted_on.counts)
        blocks = []
        for start in range(0, x.shape[1], BLOCK):
            together = (x.T @ x[:, start : start + BLOCK]).toarray()
            width = together.shape[1]
            together[np.arange(start, start + width), np.arange(width)] = 0.0
            scale = np.outer(roots, roots[start : start + width]) + self.shrink
            similar = np.divide(together, scale, out=np.zeros_like(together), where=scale > 0)
            blocks.append(csc_array(_nearest(similar, self.k)))
        self._similar = csc_array(hstack(blocks))

    def score(self, cases: Sequence[Case]) -> Scores:
        """The summed similarity to the weighted history."""
        return Scores((weights(cases, self._similar.shape[0], self.decay) @ self._similar).toarray())


def _nearest(similar: Floats, k: int) -> Floats:
    """Each column with all but its `k` greatest values set to 0."""
    if k < len(similar):
        others = np.argpartition(-similar, k, axis=0)[k:]
        np.put_along_axis(similar, others, 0.0, axis=0)
    return similar
