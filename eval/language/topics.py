"""Forecasts of the next topic by the language model's own say of the topics' names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.resources import Resources
from agent.topic_scorer import TopicScorer
from eval.interactions import Floats, Interactions
from eval.protocols.split import Case, Split
from eval.systems import Scores
from eval.timelines import CaseTimelines
from eval.topics import TopicTable
from interests.tilting import fit_tilt, tilted
from workspace.errors import DataError
from workspace.progress import track


@dataclass
class AskedTopics:
    """Topics as branches behind a history; everyone's shares, tilted by what the model says of each.

    How far is fitted on a sample of `targets` of the validation. `name` names the model and all that it reads.
    """

    resources: Resources = field(repr=False)
    name: str
    targets: int = 256
    seed: int = 0
    fitted_on: Interactions = field(init=False, repr=False)
    weights: Floats = field(init=False, repr=False)
    _scorer: TopicScorer = field(init=False, repr=False)
    _timelines: CaseTimelines = field(init=False, repr=False)
    _everyone: Floats = field(init=False, repr=False)
    _known: dict[tuple[int, int], Floats] = field(default_factory=dict, init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit the tilt.

        Raises:
            DataError: the catalogue has no categories, or there are no validation targets.
        """
        events = self.fitted_on = split.test.events
        table = TopicTable.of(events.catalogue)
        if not table.names or not split.validation.cases:
            raise DataError("topics are forecast from categories and validation targets; one of the two is missing")
        resources = self.resources
        self._scorer = TopicScorer(
            resources.engine, resources.renderer, events.catalogue, "likelihood", names=table.names
        )
        self._timelines = CaseTimelines(resources.store, events)
        met = events.counts @ table.mass
        self._everyone = met / met.sum()
        drawn = np.random.default_rng(self.seed).permutation(len(split.validation.cases))[: self.targets]
        cases = [split.validation.cases[place] for place in np.sort(drawn)]
        self.weights = fit_tilt(self._everyone, self._said(cases), table.mass[[case.target for case in cases]])

    def score(self, cases: Sequence[Case]) -> Scores:
        """P(topic) of each case; no ranking of items."""
        return Scores(topics=self.forecast(cases))

    def forecast(self, cases: Sequence[Case]) -> Floats:
        """P(topic of the next event), float64 [cases, topics]."""
        return tilted(self._everyone, self._said(cases), self.weights)

    def _said(self, cases: Sequence[Case]) -> Floats:
        for case in track(cases, "asking for topics", len(cases)):
            if (case.user, case.place) not in self._known:
                history = self._timelines.before(case)
                (self._known[case.user, case.place],) = self._scorer.along_history(history, [len(history)])
        return np.array([self._known[case.user, case.place] for case in cases])
