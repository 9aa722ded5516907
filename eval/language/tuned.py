"""The tuned model: its branches alone, its reading head alone, and both beside the retriever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from agent.adapters import Version
from agent.fusion import NO_WEIGHT, LanguageWeight, fuse
from agent.head import CHOOSING, Floats, HeadScorer, Tuned, mean_weights, mixed
from agent.scorer import LanguageScorer
from eval.embeddings import item_vectors
from eval.fitted import fit_or_read, refuse_other_cut
from eval.interactions import Interactions
from eval.language.masking import masked
from eval.language.packed import ZeroShot
from eval.language.peers import Letters
from eval.language.reordering import Order, Reordering
from eval.peers.product import BATCH, CaseCandidates, Retrieval
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.systems import Scores
from workspace.errors import NotReady


def adapters_on(retrieval: Retrieval, split: Split, name: str = "") -> list[Version]:
    """The adapters that were tuned on what this split may see, the newest last; only the one called `name`, if any.

    Raises:
        NotReady: there is none, or none that was measured in the precision of the settings.
    """
    resources = retrieval.resources
    made = [one for one in resources.adapters.made_on(split.fit_hash) if name in ("", one.card.name)]
    if not made:
        called = f"adapter {name!r}" if name else "adapter"
        raise NotReady(
            f"no {called} was tuned on the events of {split.protocol}; run: foretaste tune "
            f"--protocol {split.protocol} with the same --dataset, --k-core, --train-users, --descending and --seed"
        )
    card = made[-1].card
    refuse_other_cut({"cut": card.cut, "fit_hash": card.fit_hash}, split, made[-1].folder, "tune again")
    found = [one for one in made if resources.precision in one.card.measured]
    if not found:
        made[-1].measured(resources.precision)  # says in which it was
    return found


def newest_reader(retrieval: Retrieval, split: Split, name: str = "") -> Version:
    """The newest of `adapters_on`; one that was taught letters is there to be compared, and only taken by its name."""
    found = adapters_on(retrieval, split, name)
    return next((one for one in reversed(found) if one.card.settings["asked"] == CHOOSING), found[-1])


def scorer_of(version: Version, retrieval: Retrieval, split: Split, mask_titles: bool) -> HeadScorer:
    """What the tuned model says; with `mask_titles` it reads invented names, while items keep their vectors.

    Raises:
        NotReady: the adapter does not fit the model or the settings.
    """
    resources, events = retrieval.resources, split.test.events
    engine = resources.tuned(version)
    head = version.head(events.item_ids, item_vectors(resources, events.catalogue))
    catalogue = masked(events.catalogue) if mask_titles else events.catalogue
    return HeadScorer(engine, resources.renderer_for(version), catalogue, head, events.item_ids)


@dataclass
class Taught(Reordering):
    """Asks the newest adapter, or the one called `adapter`, that was taught on what the split may see to answer so."""

    asked: ClassVar[str]
    scorer: LanguageScorer = field(init=False, repr=False)
    mask_titles: bool = False
    adapter: str = ""

    def fit(self, split: Split) -> None:
        """Take the adapter.

        Raises:
            NotReady: there is none, or it does not fit the model or the settings, or was not taught to choose so.
        """
        super().fit(split)
        found = adapters_on(self.retrieval, split, self.adapter)
        taught = [one for one in found if one.card.settings["questions"] and one.card.settings["asked"] == self.asked]
        if not taught:
            raise NotReady(
                f"the adapter {found[-1].card.name!r} was not taught to choose among candidates in this way; tune with "
                f"--questions 2 --asked {self.asked}"
            )
        self.scorer = scorer_of(taught[-1], self.retrieval, split, self.mask_titles).chooser


@dataclass
class TunedBranches(Taught, ZeroShot):
    """The retriever's candidates by what the tuned model says of each; `name` stands for all adapters there are."""

    asked: ClassVar[str] = CHOOSING


@dataclass
class TunedLetters(Taught, Letters):
    """The retriever's candidates as a lettered list, by what the tuned model says of each letter."""

    asked: ClassVar[str] = "letters"


@dataclass
class TunedHead:
    """What the model says after one reading of the history, by the newest adapter that was tuned on the same events.

    Or by the one called `adapter`. `adapters` names all that there are, so that kept answers are not taken for those of
    others.
    """

    retrieval: Retrieval
    adapters: str
    mask_titles: bool = False
    adapter: str = ""
    fitted_on: Interactions = field(init=False, repr=False)
    version: Version = field(init=False, repr=False)
    scorer: HeadScorer = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Take the adapter that was tuned on what this split may see.

        Raises:
            NotReady: there is none, or it does not fit the model or the settings.
        """
        fit_or_read(self.retrieval.resources.home, "retrieval", self.retrieval, split)
        self.fitted_on = split.test.events
        self.version = newest_reader(self.retrieval, split, self.adapter)
        self.scorer = scorer_of(self.version, self.retrieval, split, self.mask_titles)

    def score(self, cases: Sequence[Case]) -> Scores:
        """Log P(next) of all items."""
        log_p = np.concatenate([self.log_p(cases[start : start + BATCH]) for start in range(0, len(cases), BATCH)])
        return Scores(log_p, log_p)

    def log_p(self, cases: Sequence[Case]) -> Floats:
        """Log P(next) of all items, float64 [cases, items]."""
        allowed = rankable(cases, len(self.fitted_on.item_ids))
        return self.scorer.log_p([self.retrieval.timeline(case) for case in cases], allowed)


@dataclass
class TunedHeadOrder(Reordering):
    """The retriever's candidates by what the reading head says of each."""

    head: TunedHead

    def fit(self, split: Split) -> None:
        """Take the adapter.

        Raises:
            NotReady: there is none, or it does not fit the model or the settings.
        """
        super().fit(split)
        self.head.fit(split)

    def orders(self, cases: Sequence[Case], found: Sequence[CaseCandidates]) -> Iterator[Order]:
        """The head's log P(next)."""
        for candidates, log_p in zip(found, self.head.log_p(cases), strict=True):
            yield Order(log_p[candidates.places], log_p)


@dataclass
class TunedAveraged(TunedHead):
    """The mean of the heads of all adapters that were tuned on the same events, beside the retriever."""

    tuned: Tuned = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Take all of them.

        Raises:
            NotReady: there is none, or one does not fit the model or the settings.
        """
        super().fit(split)
        resources = self.retrieval.resources
        versions = adapters_on(self.retrieval, split, self.adapter)
        scorers = [scorer_of(version, self.retrieval, split, self.mask_titles) for version in versions]
        weights = mean_weights([version.measured(resources.precision).weights for version in versions])
        self.tuned = Tuned("all", scorers, weights, NO_WEIGHT)

    def log_p(self, cases: Sequence[Case]) -> Floats:
        """Log P(next) of all items, float64 [cases, items]."""
        retrieved = self.retrieval.log_p(cases, self.retrieval.retriever)
        return self.tuned.log_p([self.retrieval.timeline(case) for case in cases], retrieved)


@dataclass
class TunedFused(TunedHead):
    """The head's log-probability and the retriever's, then the branches of the first candidates.

    All by the weights on the adapter's card, fitted on validation.
    """

    def log_p(self, cases: Sequence[Case]) -> Floats:
        """Log P(next) of all items, float64 [cases, items]."""
        retrieved = self.retrieval.log_p(cases, self.retrieval.retriever)
        measured = self.version.measured(self.retrieval.resources.precision)
        found = mixed(measured.weights, retrieved, super().log_p(cases))
        if measured.branches.weight:
            self._choose(cases, found, measured.branches)
        return found

    def _choose(self, cases: Sequence[Case], log_p: Floats, weight: LanguageWeight) -> None:
        """Let the branches have their say of each row's first candidates, in place."""
        item_ids = self.fitted_on.item_ids
        first = [self.retrieval.first(row, case) for row, case in zip(log_p, cases, strict=True)]
        histories = [self.retrieval.timeline(case) for case in cases]
        asked = [(one, [item_ids[place] for place in places]) for one, places in zip(histories, first, strict=True)]
        for row, places, values in zip(log_p, first, self.scorer.chooser.many(asked), strict=True):
            row[places] = fuse(row[places], values, weight.weight)
