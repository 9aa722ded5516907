"""Another model in the language model's place: what any second opinion would add to the retrieval."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.head import Floats, fit_mix, mixed
from eval.fitted import fit_or_read
from eval.interactions import Interactions
from eval.peers.product import Retrieval
from eval.protocols.split import Case, Split
from eval.systems import Scores, System
from retrieval.blend import Weights


@dataclass
class Beside:
    """The retrieval's first items in the order of its sum with `other`, as a tuned model's head puts them in order.

    The weights are fitted on validation, where `other` was fitted on the events before it; then it is fitted on all.
    """

    retrieval: Retrieval
    other: Callable[[], System]
    fitted_on: Interactions = field(init=False, repr=False)
    weights: Weights = field(init=False, repr=False)
    _system: System = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit both, and the weights of their sum."""
        fit_or_read(self.retrieval.resources.home, "retrieval", self.retrieval, split)
        self.fitted_on = split.test.events
        cases = split.validation.cases
        self._system = self.other()
        self._system.fit(split.rehearsal)
        retrieved = self.retrieval.log_p(cases, self.retrieval.rehearsal)
        self.weights = fit_mix(retrieved, self._log_p(cases), np.array([case.target for case in cases])).weights
        self._system = self.other()
        self._system.fit(split)

    def score(self, cases: Sequence[Case]) -> Scores:
        """Log P(next) of all items."""
        log_p = mixed(self.weights, self.retrieval.log_p(cases, self.retrieval.retriever), self._log_p(cases))
        return Scores(log_p, log_p)

    def _log_p(self, cases: Sequence[Case]) -> Floats:
        found = self._system.score(cases).log_p
        assert found is not None  # only systems that give probabilities stand here
        return found
