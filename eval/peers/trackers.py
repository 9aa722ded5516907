"""Forecasts of the next topic: memories of what a user did, and all that the product knows in one mixture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from agent.resources import Resources
from agent.tracking import TopicReader
from eval.fitted import fit_or_read
from eval.interactions import Floats, Interactions, Ints
from eval.peers.product import Retrieval
from eval.protocols.split import Case, Split
from eval.systems import Scores
from eval.topics import TopicTable
from history.timeline import Timeline
from interests.habits import IN_ORDER, IN_TIME, START, fit_habits
from interests.mixture import fit_mixture, mixed
from interests.topics import Topics
from interests.tracker import NEVER, Habits, Interests, Log, trace
from retrieval.retriever import Retriever
from workspace.errors import DataError

BESIDE = 256  # validation targets that another forecast's weight is fitted on
ALONE = Habits(slow_events=NEVER, fast=0.0, fast_seconds=NEVER)  # one memory that never fades
KINDS = {
    "long-term": (ALONE, ("prior",)),
    "last": (Habits(slow_events=0.01, fast=0.0, fast_seconds=NEVER), ("prior",)),
    "decayed": (Habits(slow_events=20.0, fast=0.0, fast_seconds=NEVER), ("slow_events", "prior")),
    "state": (START, IN_ORDER + IN_TIME),
}


@dataclass
class Tracker:
    """P(topic of the next event) by one of `KINDS`, its habits chosen on validation: all that it is free to choose.

    `long-term` is the average of all events, `last` the last one's topics, `decayed` an average that fades by events;
    `state` the product's two memories. Everyone's taste stands behind each.
    """

    resources: Resources = field(repr=False)
    kind: str
    fitted_on: Interactions = field(init=False, repr=False)
    habits: Habits = field(init=False, repr=False)
    _read: TopicReader = field(init=False, repr=False)
    _topics: Topics = field(init=False, repr=False)
    _everyone: Floats = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Choose the habits.

        Raises:
            DataError: the catalogue has no categories, or there are no validation targets.
        """
        events = self.fitted_on = split.test.events
        catalogue = events.catalogue
        self._topics = Topics.of_categories([item.categories for item in catalogue.values()])
        if not self._topics.names or not split.validation.cases:
            raise DataError("topics are forecast from categories and validation targets; one of the two is missing")
        places = {item_id: place for place, item_id in enumerate(catalogue)}
        reader = self.resources.past_reader(places, np.zeros((len(places), 1), np.float32))  # no text is read
        self._read = TopicReader(self._topics, reader, events.order_only)
        log, rows = self._asked(split.validation.cases)
        asked = np.zeros(len(log.users), bool)
        asked[rows] = True
        start, names = KINDS[self.kind]
        self.habits = fit_habits(log, self._shares(split.validation.events), asked, names, start)
        self._everyone = self._shares(events)

    def score(self, cases: Sequence[Case]) -> Scores:
        """P(topic) of each case; no ranking of items."""
        return Scores(topics=self.forecast(cases))

    def forecast(self, cases: Sequence[Case]) -> Floats:
        """P(topic of the next event), float64 [cases, topics]."""
        log, rows = self._asked(cases)
        users = int(log.users.max(initial=-1)) + 1
        found: Floats = trace(Interests.of(users, self._everyone, self.habits), log)[rows].astype(np.float64)
        return found

    def _shares(self, events: Interactions) -> Floats:
        mass = self._topics.mass.T @ events.counts
        found: Floats = mass / mass.sum()
        return found

    def _asked(self, cases: Sequence[Case]) -> tuple[Log, Ints]:
        """All that the cases' users did up to their last target, and the row of each target."""
        last = {case.user: 0 for case in cases}
        for case in cases:
            last[case.user] = max(last[case.user], case.place)
        rows: dict[tuple[int, int], int] = {}
        trails = []
        for user, place in last.items():
            events = self.resources.store.timeline(self.fitted_on.user_ids[user]).events[: place + 1]
            known = [number for number, event in enumerate(events) if event.item_id in self.fitted_on.catalogue]
            rows |= {(user, number): len(rows) + row for row, number in enumerate(known)}
            trails.append(self._read.reader.trail(Timeline("", tuple(events[number] for number in known))))
        return self._read.log(trails), np.array([rows[case.user, case.place] for case in cases], np.int64)


class Forecaster(Protocol):
    """Anything else that forecasts topics."""

    def fit(self, split: Split) -> None:
        """Learn from the split's validation stage and from the events of its test stage."""
        ...

    def forecast(self, cases: Sequence[Case]) -> Floats:
        """P(topic of the next event), float64 [cases, topics]."""
        ...


@dataclass
class ProductInterests:
    """The product's view: the state and the retriever's P(next item) summed to topics, mixed as validation has it.

    With another forecast `beside` them the same mixture shows what that one adds.
    """

    retrieval: Retrieval
    beside: Forecaster | None = None
    fitted_on: Interactions = field(init=False, repr=False)
    weights: Floats = field(init=False, repr=False)
    _state: Tracker = field(init=False, repr=False)
    _table: TopicTable = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Fit both, and their weights on validation targets that neither has seen.

        Raises:
            DataError: the catalogue has no categories, or there are no validation targets.
        """
        resources = self.retrieval.resources
        self._state = Tracker(resources, "state")
        self._state.fit(split)
        fit_or_read(resources.home, "retrieval", self.retrieval, split)
        self.fitted_on = split.test.events
        self._table = TopicTable.of(self.fitted_on.catalogue)
        if self.beside:
            self.beside.fit(split)
        cases = split.validation.cases[:: -(-len(split.validation.cases) // self._targets)]
        truth = self._table.mass[[case.target for case in cases]]
        self.weights = fit_mixture(self._forecasts(cases, self.retrieval.rehearsal), truth)

    def score(self, cases: Sequence[Case]) -> Scores:
        """P(topic) of each case; no ranking of items. With another forecast its weight too."""
        found = mixed(self._forecasts(cases, self.retrieval.retriever), self.weights)
        also = {"beside_weight": np.full(len(cases), self.weights[2])} if self.beside else {}
        return Scores(topics=found, also=also)

    @property
    def _targets(self) -> int:
        return BESIDE if self.beside else self.retrieval.targets

    def _forecasts(self, cases: Sequence[Case], retriever: Retriever) -> list[Floats]:
        items = self._table.forecast(self.retrieval.log_p(cases, retriever))
        also = [self.beside.forecast(cases)] if self.beside else []
        return [self._state.forecast(cases), items, *also]
