"""What the language model says of candidates after a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.protocol import Engine, Readout, Tree
from history.catalogue import Catalogue
from history.timeline import Timeline
from prompts.renderer import Renderer


@dataclass(frozen=True)
class LanguageScorer:
    """Scores candidates in one packed pass, each read against its own history-free value.

    The difference says what the history adds: for `likelihood` it is the pointwise mutual information of history and
    title in nats, for `yes-no` a difference of log-odds. The history-free value is computed once per item.
    """

    engine: Engine
    renderer: Renderer
    catalogue: Catalogue
    readout: Readout
    _history_free: dict[str, float] = field(default_factory=dict, init=False)

    def values(self, timeline: Timeline, item_ids: Sequence[str], interests: Sequence[str] = ()) -> NDArray[np.float64]:
        """One value a candidate, float64 [len(item_ids)]; 0 says that the history changes nothing."""
        return self.raw(timeline, item_ids, interests) - self.history_free(item_ids)

    def raw(self, timeline: Timeline, item_ids: Sequence[str], interests: Sequence[str] = ()) -> NDArray[np.float64]:
        """The readout itself, not read against anything. Float64 [len(item_ids)]."""
        return self.engine.score(self.tree(timeline, item_ids, interests)).values

    def tree(self, timeline: Timeline, item_ids: Sequence[str], interests: Sequence[str] = ()) -> Tree:
        """The candidates as branches behind a history and its interests."""
        stem = self.renderer.stable(timeline, self.catalogue)
        bridge = self.renderer.bridge(self.readout, interests)
        branches = [self.renderer.branch(self.readout, self.catalogue[item_id]) for item_id in item_ids]
        return Tree.reranking(stem, bridge, branches, self.readout)

    def history_free(self, item_ids: Sequence[str]) -> NDArray[np.float64]:
        """The readout of each item after an empty history. Float64 [len(item_ids)]."""
        missing = [item_id for item_id in item_ids if item_id not in self._history_free]
        if missing:
            found = self.raw(Timeline(""), missing)
            self._history_free.update(zip(missing, found.tolist(), strict=True))
        return np.array([self._history_free[item_id] for item_id in item_ids])
