"""The product's own way: candidates as branches behind one history, scored in a packed pass."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.fit import draw
from agent.fusion import NO_WEIGHT, Drawn, LanguageWeight, fit_weight, fuse
from agent.scorer import LanguageScorer, Question
from eval.interactions import Floats
from eval.language.reordering import Order, Reordering
from eval.peers.product import CaseCandidates
from eval.protocols.split import Case, Split
from history.splits import Target
from workspace.progress import track

TOGETHER = 8  # targets of one user in one pass: their histories are prefixes of the longest
Known = MutableMapping[tuple[str, int, tuple[str, ...]], tuple[Floats, float]]


@dataclass
class ZeroShot(Reordering):
    """The model as it came, by the readout of the settings; targets of one user share a packed pass.

    `known` keeps what was read, by user, length of history and candidates, for other rows that ask the same scorer.
    """

    scorer: LanguageScorer = field(repr=False)
    name: str = ""
    known: Known = field(default_factory=dict, repr=False)

    def orders(self, cases: Sequence[Case], found: Sequence[CaseCandidates]) -> Iterator[Order]:
        """The model's values alone."""
        for candidates, (values, tokens) in zip(found, self.read(found), strict=True):
            yield self.order(candidates, values, tokens)

    def order(self, candidates: CaseCandidates, values: Floats, tokens: float) -> Order:
        """What the values make of one case."""
        return Order(values, also={"tokens": tokens})

    def read(self, found: Sequence[CaseCandidates]) -> Iterator[tuple[Floats, float]]:
        """The model's values of each case's candidates, and the tokens that a case cost."""
        new = [one for one in found if self._key(one) not in self.known]
        for group in _groups(new, self.scorer):
            questions = [Question(len(one.timeline), self.ids(one)) for one in group]
            values, tokens = self.scorer.along(group[-1].timeline, questions)
            self.known.update(
                {self._key(one): (part, tokens / len(group)) for one, part in zip(group, values, strict=True)}
            )
        yield from (self.known[self._key(one)] for one in found)

    def _key(self, candidates: CaseCandidates) -> tuple[str, int, tuple[str, ...]]:
        return candidates.timeline.user_id, len(candidates.timeline), tuple(self.ids(candidates))

    def ids(self, candidates: CaseCandidates) -> list[str]:
        """The candidates' ids."""
        item_ids = self.fitted_on.item_ids
        return [item_ids[place] for place in candidates.places]


@dataclass
class ZeroShotFused(ZeroShot):
    """The model's values added to the retriever's log-probability, by a weight fitted on validation."""

    targets: int = 64
    seed: int = 0
    weight: LanguageWeight = field(default_factory=lambda: NO_WEIGHT, init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit the weight on validation targets put among others drawn from the retriever's distribution."""
        super().fit(split)
        generator = np.random.default_rng(self.seed)
        drawn = generator.permutation(len(split.validation.cases))[: self.targets]
        cases = [split.validation.cases[place] for place in drawn.tolist()]
        histories = [self.retrieval.answer(case).timeline for case in cases]
        targets = [
            Target(history, self.fitted_on.item_ids[case.target])
            for history, case in zip(histories, cases, strict=True)
        ]
        found = [draw(self.retrieval.rehearsal, self.retrieval.reader, one, False, generator) for one in targets]
        asked = [(history, item_ids) for history, (item_ids, _) in zip(histories, found, strict=True)]
        values = track(self.scorer.many(asked), f"{self.name}: fitting the weight", len(cases))
        self.weight = fit_weight([Drawn(one, counts) for one, (_, counts) in zip(values, found, strict=True)])

    def order(self, candidates: CaseCandidates, values: Floats, tokens: float) -> Order:
        """The fused log-probability; beyond the candidates the retriever's stays."""
        log_p = candidates.log_p.copy()
        log_p[candidates.places] = fuse(log_p[candidates.places], values, self.weight.weight)
        return Order(log_p[candidates.places], log_p, {"tokens": tokens, "language_weight": self.weight.weight})


def _groups(found: Sequence[CaseCandidates], scorer: LanguageScorer) -> Iterator[list[CaseCandidates]]:
    """Runs of cases that one stem can serve: one user, growing histories, the same first event in the prompt."""
    group: list[CaseCandidates] = []
    for candidates in found:
        timeline = candidates.timeline
        joins = (
            0 < len(group) < TOGETHER
            and group[-1].timeline.user_id == timeline.user_id
            and len(group[-1].timeline) <= len(timeline)
            and scorer.window_start(group[-1].timeline) == scorer.window_start(timeline)
        )
        if group and not joins:
            yield group
            group = []
        group.append(candidates)
    if group:
        yield group
