"""Item transitions: what follows what within a few steps (a Markov chain; Rendle et al. 2010 factorise it)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from eval.interactions import Interactions
from eval.peers.histories import weights
from eval.protocols.split import Case, Split
from eval.systems import Scores


@dataclass
class Markov:
    """Score = Σ over the `last` items of the history of decay^(j-1) · row of the j-th last.

    A row holds the directed counts a → b within `window` steps of one user's sequence, each of weight 1 / gap,
    normalised to sum to 1.
    """

    window: int = 10
    last: int = 10
    decay: float = 0.9
    fitted_on: Interactions = field(init=False, repr=False)
    _rows: csr_array = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Count the transitions."""
        self.fitted_on = split.test.events
        self._rows = transitions(self.fitted_on, self.window)

    def score(self, cases: Sequence[Case]) -> Scores:
        """The decayed sum of the last items' rows."""
        q = weights(cases, self._rows.shape[0], self.decay, self.last)
        return Scores((q @ self._rows).toarray())


def transitions(events: Interactions, window: int) -> csr_array:
    """The normalised counts, float64 [items, items]; an item that nothing follows has a row of zeros."""
    users, items, count = events.users, events.items, len(events.catalogue)
    pairs = []
    for gap in range(1, window + 1):
        same = np.flatnonzero(users[gap:] == users[:-gap])
        pairs.append((items[same], items[same + gap], np.full(len(same), 1 / gap)))
    before, after, data = (np.concatenate(column) for column in zip(*pairs, strict=True))
    counts = csr_array((data, (before, after)), shape=(count, count))
    totals = np.asarray(counts.sum(axis=1))
    counts.data /= np.repeat(totals, np.diff(counts.indptr))
    return counts
