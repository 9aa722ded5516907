"""Rows that reorder exactly the product's own candidates; a target that the retriever missed stays missed."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from eval.fitted import fit_or_read
from eval.interactions import Floats, Interactions
from eval.peers.product import CaseCandidates, Retrieval
from eval.protocols.split import Case, Split
from eval.systems import Scores


@dataclass(frozen=True, slots=True)
class Order:
    """What orders one case's candidates: `values`, float64 [candidates], greatest first.

    `log_p`, float64 [items], is log P(next) over the catalogue where the way gives one; `also` holds further figures.
    """

    values: Floats
    log_p: Floats | None = None
    also: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Reordering(ABC):
    """The candidates of `retrieval`, in another order."""

    retrieval: Retrieval

    @property
    def fitted_on(self) -> Interactions:
        """What the retriever has seen; a way that fits more fits it on validation, which lies before the test."""
        return self.retrieval.fitted_on

    def fit(self, split: Split) -> None:
        """Fit the retriever, or take its fit from an earlier row."""
        fit_or_read(self.retrieval.resources.home, "retrieval", self.retrieval, split)

    @abstractmethod
    def orders(self, cases: Sequence[Case], found: Sequence[CaseCandidates]) -> Iterator[Order]:
        """The order of each case's candidates."""

    def score(self, cases: Sequence[Case]) -> Scores:
        """The candidates in their new order, with the retriever's hit@N beside it."""
        found = [self.retrieval.answer(case) for case in cases]
        values = np.full((len(cases), len(found[0].log_p)), -np.inf)
        log_p: list[Floats] = []
        also: dict[str, Floats] = {}
        start = time.perf_counter()
        for row, (case, order) in enumerate(zip(cases, self.orders(cases, found), strict=True)):
            values[row, found[row].places] = order.values
            hit = {f"hit@{self.retrieval.candidates}": float(case.target in found[row].places)}
            for name, figure in {**hit, **order.also}.items():
                also.setdefault(name, np.full(len(cases), np.nan))[row] = figure
            if order.log_p is not None:
                log_p.append(order.log_p)
        also["reorder_seconds"] = np.full(len(cases), (time.perf_counter() - start) / len(cases))
        return Scores(values, np.stack(log_p) if log_p else None, also=also)


@dataclass
class RandomOrder(Reordering):
    """The candidates shuffled: what no order at all is worth."""

    seed: int = 0

    def orders(self, cases: Sequence[Case], found: Sequence[CaseCandidates]) -> Iterator[Order]:
        """A random value each, the same for the same case whatever else is asked."""
        for case, candidates in zip(cases, found, strict=True):
            generator = np.random.default_rng((self.seed, case.user, case.place))
            yield Order(generator.random(len(candidates.places)))


@dataclass
class PopularityOrder(Reordering):
    """The candidates by how many events they had."""

    def orders(self, cases: Sequence[Case], found: Sequence[CaseCandidates]) -> Iterator[Order]:
        """The logarithm of the counts."""
        for candidates in found:
            yield Order(self.fitted_on.counts[candidates.places])
