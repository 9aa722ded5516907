"""The product's own retrieval, fitted on what a protocol allows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from agent.fit import retriever_weights
from agent.knowledge import WEIGHTS, Resources
from eval.embeddings import item_vectors
from eval.interactions import Floats, Interactions, Ints
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.systems import Scores
from eval.timelines import CaseTimelines
from history.splits import Target
from history.timeline import Timeline
from retrieval.encoder import Vectors
from retrieval.index import ItemIndex
from retrieval.retriever import Retriever, RetrieverWeights
from retrieval.taste import TasteReader


@dataclass(frozen=True, slots=True)
class CaseCandidates:
    """What the retriever gives for one case: the history, log P(next) float64 [items], the best places, best first."""

    timeline: Timeline
    log_p: Floats
    places: Ints


@dataclass
class Retrieval:
    """The first `candidates` items in the retriever's order; whatever lies beyond is a miss.

    The weights are fitted on validation from what came before it, the popularity on all events before the test. P(next)
    is known for every item. Under a protocol that names the candidates itself, those are ordered.
    """

    resources: Resources = field(repr=False)
    encoder: str
    candidates: int
    targets: int = 1_000
    seed: int = 0
    fitted_on: Interactions = field(init=False, repr=False)
    retriever: Retriever = field(init=False, repr=False)
    _timelines: CaseTimelines = field(init=False, repr=False)
    _reader: TasteReader = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit the weights on a sample of the validation cases."""
        index = self._open(split)
        drawn = np.random.default_rng(self.seed).permutation(len(split.validation.cases))[: self.targets]
        targets = [
            Target(self._timelines.before(case), index.item_ids[case.target])
            for case in (split.validation.cases[place] for place in np.sort(drawn))
        ]
        weights, _, _ = retriever_weights(self.resources, index, split.validation.events.counts, targets)
        self.retriever = Retriever(index, split.test.events.counts, weights)

    def write(self, folder: Path) -> None:
        """Keep the weights."""
        (folder / WEIGHTS).write_text(json.dumps(asdict(self.retriever.weights)))

    def read(self, folder: Path, split: Split) -> None:
        """Take the kept weights instead of fitting."""
        weights = RetrieverWeights(**json.loads((folder / WEIGHTS).read_text()))
        self.retriever = Retriever(self._open(split), split.test.events.counts, weights)

    def query(self, timeline: Timeline) -> Vectors:
        """The query vector of a history."""
        return self._reader.read(timeline, self.retriever.weights.decay, self.retriever.index.dimension).query

    def answer(self, case: Case) -> CaseCandidates:
        """The candidates for one case."""
        timeline = self._timelines.before(case)
        allowed = rankable([case], len(self.retriever.index.item_ids))[0]
        log_p = self.retriever.log_probability(self.query(timeline), allowed)
        count = self.candidates if case.candidates is None else len(case.candidates)
        return CaseCandidates(timeline, log_p, self.retriever.top(log_p, count))

    def score(self, cases: Sequence[Case]) -> Scores:
        """The retriever's order of its candidates."""
        log_p = np.full((len(cases), len(self.retriever.index.item_ids)), -np.inf)
        values = log_p.copy()
        hits = np.zeros(len(cases))
        for row, case in enumerate(cases):
            found = self.answer(case)
            log_p[row] = found.log_p
            values[row, found.places] = found.log_p[found.places]
            hits[row] = case.target in found.places
        return Scores(values, log_p, also={f"hit@{self.candidates}": hits})

    def _open(self, split: Split) -> ItemIndex:
        self.fitted_on = split.test.events
        self._timelines = CaseTimelines(self.resources.store, split.test.events)
        catalogue = split.test.events.catalogue
        index = ItemIndex(list(catalogue), item_vectors(self.resources, catalogue))
        self._reader = self.resources.taste_reader(index)
        return index
