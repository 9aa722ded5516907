"""The product's own retrieval, fitted on what a protocol allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agent.resources import Resources
from eval.embeddings import item_vectors
from eval.fitted import fit_or_read
from eval.interactions import Floats, Interactions, Ints, Mask
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.systems import Scores
from eval.timelines import CaseTimelines, fitted_timelines
from history.records import Item
from history.splits import Target
from history.timeline import Timeline
from retrieval.blend import Weights
from retrieval.encoder import Vectors
from retrieval.growing import grow
from retrieval.learning import FEWEST, Catalogued, Lesson, fit_weights, learn, lesson_of, target_count
from retrieval.parts import TowerPart
from retrieval.retriever import Retriever
from retrieval.trail import Past, PastReader
from retrieval.training import recipe_for
from workspace.artefact import Artefact
from workspace.errors import NotReady, UsageError

if TYPE_CHECKING:
    from retrieval.tower import Tower

FINAL, REHEARSAL = "final", "rehearsal"
BATCH = 64


@dataclass(frozen=True, slots=True)
class CaseCandidates:
    """What the retriever gives for one case: the history, log P(next) float64 [items], the best places, best first."""

    timeline: Timeline
    log_p: Floats
    places: Ints


@dataclass
class Retrieval:
    """The user tower and the other parts, blended; `hit@N` says how often the target is among the first `candidates`.

    Parts are fitted on what came before validation, their weights on a sample of its targets, then the parts again on
    all events before the test. P(next) is known for every item. `data` names what is known of the items, so that a kept
    fit is not taken for one on other texts.
    """

    resources: Resources = field(repr=False)
    encoder: str
    candidates: int
    recipe: str = "full"
    targets: int = 1_000
    seed: int = 0
    data: str = ""
    fitted_on: Interactions = field(init=False, repr=False)
    retriever: Retriever = field(init=False, repr=False)
    rehearsal: Retriever = field(init=False, repr=False)
    reader: PastReader = field(init=False, repr=False)
    _timelines: CaseTimelines = field(init=False, repr=False)
    _places: dict[str, int] = field(init=False, repr=False)
    _items: dict[str, Item] = field(init=False, repr=False)
    _texts: Vectors = field(init=False, repr=False)
    _order: Ints = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit parts and weights."""
        catalogued = self._open(split)
        events = split.test.events
        everything = [self.reader.trail(timeline) for timeline in fitted_timelines(self.resources.store, events)]
        recipe = recipe_for(self.recipe, everything, self.seed)
        learnt = learn(catalogued, self.lesson(split), everything, recipe, events.order_only)
        self.retriever, self.rehearsal = (self._with_added(found) for found in (learnt.retriever, learnt.rehearsal))

    def lesson(self, split: Split) -> Lesson:
        """The events before validation, and a sample of its cases as targets."""
        events, cases = split.validation.events, split.validation.cases
        count = target_count(self.targets, len(events.catalogue))
        drawn = np.sort(np.random.default_rng(self.seed).permutation(len(cases))[:count])
        targets = [
            Target(self._timelines.before(case), events.item_ids[case.target])
            for case in (cases[place] for place in drawn)
        ]
        before = fitted_timelines(self.resources.store, events)
        fitted = len(self._places) - len(split.added)
        places = dict(list(self._places.items())[:fitted])
        reader = self.resources.past_reader(places, self._texts[:fitted])
        return lesson_of(reader, before, targets, places, repeats=False)  # as the protocols have it

    def write(self, folder: Path) -> None:
        """Keep both retrievers."""
        for name, retriever in ((FINAL, self.retriever), (REHEARSAL, self.rehearsal)):
            (folder / name).mkdir()
            retriever.save(folder / name)

    def read(self, folder: Path, split: Split) -> None:
        """Take the kept retrievers instead of fitting."""
        self._open(split)
        items = list(self._items.values())
        self.retriever, self.rehearsal = (
            Retriever.load(Artefact(folder / name, {}), items) for name in (FINAL, REHEARSAL)
        )

    def past(self, case: Case) -> Past:
        """What is known of a case's user."""
        return self.reader.read(self._timelines.before(case))

    def timeline(self, case: Case) -> Timeline:
        """What a case's user did before the target."""
        return self._timelines.before(case)

    def answer(self, case: Case) -> CaseCandidates:
        """The candidates for one case."""
        log_p = self.log_p([case], self.retriever)[0]
        return CaseCandidates(self._timelines.before(case), log_p, self.first(log_p, case))

    def first(self, log_p: Floats, case: Case) -> Ints:
        """The places of the case's candidates by log P(next), float64 [items], best first."""
        count = self.candidates if case.candidates is None else len(case.candidates)
        return self.retriever.top(log_p, count)

    def score(self, cases: Sequence[Case], weights: Weights | None = None) -> Scores:
        """The retriever's order of all items, by other `weights` where they are given."""
        retriever = replace(self.retriever, weights=weights) if weights else self.retriever
        starts = range(0, len(cases), BATCH)
        log_p = np.concatenate([self.log_p(cases[start : start + BATCH], retriever) for start in starts])
        hits = [case.target in retriever.top(row, self.candidates) for case, row in zip(cases, log_p, strict=True)]
        return Scores(log_p, log_p, also={f"hit@{self.candidates}": np.array(hits, float)})

    def log_p(self, cases: Sequence[Case], retriever: Retriever) -> Floats:
        """Log P(next) by one of the two retrievers, float64 [cases, items]; -inf where a case does not rank an item."""
        timelines = [self.timeline(case) for case in cases]
        return self.log_p_after(timelines, rankable(cases, len(self._order)), retriever)

    def log_p_after(self, timelines: Sequence[Timeline], allowed: Mask, retriever: Retriever) -> Floats:
        """Log P(next) after each history, float64 [n, items]; -inf for what is not `allowed`, bool [n, items]."""
        log_p = np.empty(allowed.shape)
        pasts = [self.reader.read(timeline) for timeline in timelines]
        log_p[:, self._order] = retriever.log_probabilities(pasts, allowed[:, self._order])
        return log_p

    def tower_items(self, retriever: Retriever) -> tuple[Vectors, Vectors]:
        """The user tower's projection, float32 [width, text width], and the items' residuals, float32 [items, width].

        Raises:
            NotReady: this retriever has no tower: there was nothing to teach it.
        """
        projection = _tower(retriever).projection.weight.detach().numpy()
        residuals = np.empty((len(self._order), len(projection)), np.float32)
        residuals[self._order] = retriever.index.vectors[:, retriever.text_width :]
        return projection, residuals

    def tower_log_p(self, timeline: Timeline, befores: Ints, retriever: Retriever) -> Floats:
        """The user tower's log P(next) after the first `befores` events, int64 [n], of a timeline, [n, items].

        All events must be on items of the catalogue.

        Raises:
            NotReady: this retriever has no tower.
        """
        tower, log_p = _tower(retriever), np.empty((len(befores), len(self._order)))
        left = np.ones(len(befores), bool)
        while left.any():  # as many at once as it looks back on
            last = befores[left].max()
            trail = self.reader.trail(Timeline(timeline.user_id, timeline.events[:last]))
            now = left & (befores > last - tower.shape.length)
            log_p[np.ix_(now, self._order)] = tower.log_p(trail, retriever.index.vectors)[befores[now] - last - 1]
            left &= ~now
        return log_p

    def _open(self, split: Split) -> Catalogued:
        """The fitted part of the catalogue; in the index what is added stands behind it."""
        self.fitted_on = split.test.events
        self._timelines = CaseTimelines(self.resources.store, split.test.events)
        everything = split.test.events.catalogue
        item_ids = split.test.events.item_ids
        self._order = np.concatenate([np.setdiff1d(np.arange(len(item_ids)), split.added), split.added])
        self._items = {item_ids[place]: everything[item_ids[place]] for place in self._order}
        self._texts = item_vectors(self.resources, everything)[self._order]
        self._places = {item_id: place for place, item_id in enumerate(self._items)}
        self.reader = self.resources.past_reader(self._places, self._texts)
        fitted = len(item_ids) - len(split.added)
        items = list(self._items.values())[:fitted]
        return Catalogued([item.item_id for item in items], items, self._texts[:fitted], self.reader.signals)

    def _with_added(self, retriever: Retriever) -> Retriever:
        fitted = len(retriever.index.item_ids)
        added = list(self._items)[fitted:]
        return grow(retriever, added, self._texts[fitted:], list(self._items.values())) if added else retriever


def _tower(retriever: Retriever) -> Tower:
    part = retriever.parts.get("tower")
    if not isinstance(part, TowerPart):
        raise NotReady("the retriever has no user tower to learn from: import more events, or tune without --tower")
    return part.tower


@dataclass
class SomeParts:
    """The `whole` retrieval by only the named `parts`, their weights fitted anew: it shows what each part is worth."""

    whole: Retrieval
    parts: tuple[str, ...]
    fitted_on: Interactions = field(init=False, repr=False)
    _weights: Weights = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit the weights of the parts that are left; the parts themselves are those of the whole.

        Raises:
            UsageError: none of them was made of these data, or there is nothing to fit weights on.
        """
        fit_or_read(self.whole.resources.home, "retrieval", self.whole, split)
        self.fitted_on = self.whole.fitted_on
        left = {name: part for name, part in self.whole.rehearsal.parts.items() if name in self.parts}
        lesson = self.whole.lesson(split)
        if not left or len(lesson.targets) < FEWEST:
            raise UsageError(
                f"retrieval by {', '.join(self.parts)} alone: {'no such part was made of' if not left else 'too few'} "
                f"{'these data' if not left else 'validation targets to fit weights on'}; leave it out of --systems"
            )
        allowed = np.pad(lesson.allowed, ((0, 0), (0, len(split.added))))
        self._weights = fit_weights(left, replace(lesson, allowed=allowed)).weights

    def score(self, cases: Sequence[Case]) -> Scores:
        """The order of all items by these parts."""
        return self.whole.score(cases, self._weights)
