"""What a tuning run learns from, and what it is measured on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.adapters import Version, at_folder
from agent.head import CHOOSING, RETRIEVAL, Floats, Mask, best_mix, fit_mix
from agent.resources import Resources
from agent.shipped import shipped
from eval.fitted import digest, fit_or_read
from eval.interactions import Interactions
from eval.peers.product import Retrieval
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.timelines import fitted_timelines
from history.catalogue import Catalogue, same_name
from history.timeline import Timeline
from prompts.renderer import Renderer
from retrieval.blend import Fitted
from retrieval.encoder import Vectors
from tuning.choices import Chooser
from tuning.examples import History, HistoryReader, Reading, shuffled
from tuning.options import TuneOptions
from tuning.plan import Plan
from tuning.saying import LETTERS
from workspace.errors import DataError, UsageError

FEWEST = 8  # validation targets


@dataclass(frozen=True)
class Lesson:
    """What a run learns from: the events of a split's validation stage, and a sample of its targets to look at."""

    resources: Resources
    split: Split
    retrieval: Retrieval
    options: TuneOptions

    @cached_property
    def elsewhere(self) -> Path | None:
        """The folder of the adapter to start from, where it is one of another catalogue: given so, or shipped.

        An adapter of the home goes before a shipped one of its name.
        """
        start = self.options.start
        if start and Path(start).is_dir():
            return Path(start)
        return None if start in self.resources.adapters.names() else shipped(start)

    @cached_property
    def start(self) -> Version | None:
        """The adapter to go on from.

        Raises:
            UnknownName: there is none of that name.
            NotReady: it was made for another model or encoder.
        """
        if not self.options.start:
            return None
        found = at_folder(self.elsewhere) if self.elsewhere else self.resources.adapters.find(self.options.start)
        self.resources.check_fits(found)
        return found

    @property
    def goes_on(self) -> bool:
        """Whether it starts from an adapter of these events that has seen validation: then nothing is looked at."""
        start = self.start
        return bool(start and start.card.fit_hash == self.split.fit_hash and start.card.settings["refit"])

    @property
    def learnt_from(self) -> Interactions:
        """The events before validation; where that was seen already, all before the test."""
        return self.split.test.events if self.goes_on else self.split.validation.events

    @property
    def prompt(self) -> Mapping[str, Any]:
        """How histories are written: by the settings, or as the adapter to start from has learnt to read them."""
        return self.start.card.prompt if self.start else self.resources.prompt

    @cached_property
    def renderer(self) -> Renderer:
        """Writes histories so."""
        return self.resources.renderer_for(self.start) if self.start else self.resources.renderer

    @cached_property
    def told(self) -> dict[str, Any]:
        """All that what is learnt goes by: a run that was told the same goes on where it was stopped."""
        resources = self.resources
        made_of = {"prompt": self.prompt, "precision": resources.precision, "encoder": resources.settings.encoder}
        model = {"fingerprint": resources.fingerprint, "retrieval": digest(self.retrieval)}
        start = self.start.folder.name if self.start else ""
        return {"fit_hash": self.split.fit_hash, **made_of, **model, **asdict(self.options), "start": start}

    @property
    def digest(self) -> str:
        """SHA-256 of what the run was told."""
        return sha256(json.dumps(self.told, sort_keys=True).encode()).hexdigest()

    @cached_property
    def cases(self) -> list[Case]:
        """The validation targets that are looked at."""
        found = self.split.validation.cases
        drawn = np.random.default_rng(self.options.seed).permutation(len(found))[: self.options.targets]
        return [found[place] for place in np.sort(drawn)]

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """Their items, int64 [cases]."""
        return np.array([case.target for case in self.cases])

    @cached_property
    def allowed(self) -> Mask:
        """Which items each ranks, bool [cases, items]."""
        return rankable(self.cases, len(self.split.test.events.item_ids))

    @cached_property
    def retrieved(self) -> Floats:
        """Log P(next) by the retriever that has not seen these targets, float64 [cases, items]."""
        return self.retrieval.log_p(self.cases, self.retrieval.rehearsal)

    def fit_mix(self, said: Floats, among: Mask | slice = slice(None)) -> Fitted:
        """The best sum of the retriever's log-probability and what the head `said`, float64 [cases, items].

        It is fitted to the targets `among` the cases, bool [cases].
        """
        return fit_mix(self.retrieved[among], said[among], self.targets[among])

    def best_mix(self, said: Floats) -> float:
        """What that sum reaches before chance is reckoned with, in nats a target."""
        return best_mix(self.retrieved, said, self.targets)

    @cached_property
    def histories(self) -> list[History]:
        """All histories that may be learnt from, in tokens."""
        return self._read(self.learnt_from, 0)

    @cached_property
    def plan(self) -> Plan:
        """Every step of the run."""
        return self._plan(self.learnt_from, self.options.epochs, self.options.seed)

    @cached_property
    def last_plan(self) -> Plan:
        """Every step over all events before the test, once the weights are fitted."""
        return self._plan(self.split.test.events, self.options.refit, self.options.seed + 1)

    def _plan(self, events: Interactions, epochs: int, seed: int) -> Plan:
        told = self.options
        ways = [self._read(events, phrasing) for phrasing in range(min(told.phrasings, epochs))]
        teacher = self._likely if told.soft else None
        return Plan(ways, epochs, told.stretch, told.tokens, seed, told.dropped, self.chooser, teacher)

    def _read(self, events: Interactions, phrasing: int) -> list[History]:
        reader = self._worded(phrasing) if phrasing else self.reader
        return [reader.read(timeline, phrasing) for timeline in fitted_timelines(self.resources.store, events)]

    @property
    def tower(self) -> tuple[Vectors, Vectors]:
        """The retriever's user tower's projection and items; see `Retrieval.tower_items`.

        Raises:
            UsageError: it is not as wide as the head is to be.
        """
        projection, residuals = self.retrieval.tower_items(self.retrieval.rehearsal)
        if len(projection) != self.options.width:
            raise UsageError(
                f"the head is to be {self.options.width} wide, the user tower that it is to begin with is "
                f"{len(projection)} wide: tune with --width {len(projection)}"
            )
        return projection, residuals

    @cached_property
    def chooser(self) -> Chooser | None:
        """Asks the questions about branches, where there are any."""
        if not self.options.questions:
            return None
        events = self.learnt_from
        bridge, branches = self.reader.branches(CHOOSING, events.item_ids)
        popularity = (events.counts + 1) * ~np.isin(np.arange(len(events.item_ids)), self.split.added)
        shares = popularity / popularity.sum()
        return Chooser(
            bridge,
            branches,
            shares,
            self._retrieved_after,
            self.options.questions,
            self.options.others,
            self.resources.store.rating_scale(),
            self._lettered if self.options.asked == LETTERS else None,
            self.reader.letters,
        )

    def _lettered(self, places: Sequence[int]) -> tuple[int, ...]:
        """The question that lists the items at these places."""
        item_ids = self.split.test.events.item_ids
        return self.reader.lettered([item_ids[place] for place in places])

    def _likely(self, reading: Reading) -> NDArray[np.float32]:
        """P(next) after each event of a stretch, float32 [events, items], by the retriever's user tower."""
        log_p = self.retrieval.tower_log_p(reading.timeline, reading.befores, self.retrieval.rehearsal)
        return np.exp(log_p).astype(np.float32)

    def _retrieved_after(self, reading: Reading, places: NDArray[np.int64]) -> Floats:
        """Log P(next) before the targets at `places` of a stretch, float64 [places, items].

        The retriever has been fitted on them: it is too sure of them, but only proposes others here.
        """
        known, timeline = self._places, reading.timeline
        histories = [Timeline(timeline.user_id, timeline.events[:before]) for before in reading.befores[places]]
        allowed = np.ones((len(places), len(known)), bool)
        allowed[:, self.split.added] = False
        for row, history in enumerate(histories):
            allowed[row, [known[event.item_id] for event in history.events if event.item_id in known]] = False
        return self.retrieval.log_p_after(histories, allowed, self.retrieval.rehearsal)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {item_id: place for place, item_id in enumerate(self.split.test.events.item_ids)}

    @property
    def names(self) -> list[str]:
        """What the items are called in other catalogues too; see `same_name`."""
        return [same_name(item) for item in self.split.test.events.catalogue.values()]

    @cached_property
    def questions(self) -> list[Reading]:
        """The histories before the validation targets."""
        return [self.reader.question(self.retrieval.timeline(case), case.target) for case in self.cases]

    @cached_property
    def reader(self) -> HistoryReader:
        """Turns histories into tokens."""
        return self._reader(self.split.test.events.catalogue)

    def _worded(self, phrasing: int) -> HistoryReader:
        generator = np.random.default_rng([self.options.seed, phrasing])
        return self._reader(shuffled(self.split.test.events.catalogue, generator))

    def _reader(self, catalogue: Catalogue) -> HistoryReader:
        added = set(self.split.added.tolist())
        places = {name: place for name, place in self._places.items() if place not in added}
        return HistoryReader(self.renderer, self.resources.engine.tokens, catalogue, places)

    def prepare(self) -> None:
        """Fit the retriever, or take the fit that was kept, and refuse what nothing can be learnt from.

        Raises:
            DataError: too few histories of two events, or too few targets.
        """
        if len(self.split.validation.cases) >= FEWEST:
            fit_or_read(self.resources.home, RETRIEVAL, self.retrieval, self.split)
            if any(len(history.items) > 1 for history in self.histories):
                return
        raise DataError(
            f"{len(self.split.validation.cases)} validation targets after {len(self.split.validation.events):,} events "
            f"under {self.split.protocol} are too few to tune on: at least {FEWEST} users with three events or more "
            "are needed; import more events"
        )
