"""What the recommender stands on: the store, what was fitted, and the models, each opened when first needed."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.adapters import TOGETHER, Version
from agent.chat.reading import TurnReader
from agent.fusion import NO_WEIGHT, LanguageWeight
from agent.head import Chooser, HeadScorer, Tuned, mean_weights
from agent.options import FitOptions
from agent.rationale import Pen, Rationales
from agent.resources import FIT, Resources
from agent.scorer import LanguageScorer
from agent.talk import Talk, talk_for
from agent.topics import TopicModel
from agent.tracking import TopicReader, Tracking
from history.catalogue import Catalogue, item_text
from history.polarity import verb
from history.records import Event, Item
from history.timeline import Timeline
from interests.corrections import Kind, banned, items_obeyed, read_written
from retrieval.growing import grow
from retrieval.retriever import Retriever
from retrieval.trail import Past
from workspace.artefact import Artefact, current, publish
from workspace.errors import NotReady, StoreError

if TYPE_CHECKING:
    from engine.local import LocalEngine

FORMAT = 4  # of what a fit writes
LANGUAGE, TEXTS = "language.json", "texts.json"
logger = logging.getLogger(__name__)


class Knowledge:
    """A fitted home, read."""

    def __init__(self, resources: Resources) -> None:
        """Read what was fitted.

        Raises:
            NotReady: data must be imported or fitted first, or the catalogue or the encoder is not the one fitted.
            DamagedArtefact: a fitted file is damaged.
        """
        if not resources.store.event_count():
            raise NotReady(f"no events in {resources.home.root}; run: foretaste import FILE, or foretaste demo")
        artefact = current(resources.home.index, FIT)
        self.resources = resources
        self.settings = resources.settings
        self.store = resources.store
        self.domain = resources.domain
        self.catalogue = self.store.catalogue()
        self._check(artefact)
        language = json.loads((artefact.folder / LANGUAGE).read_bytes())
        self.tracking = Tracking.load(artefact.folder)
        self._topic_model = TopicModel.load(artefact.folder)
        self.retriever = self._retriever(artefact, language)
        self.index = self.retriever.index
        resources.settle(language)
        fitted = language.get(resources.language_key)
        self.language_weight = LanguageWeight(**fitted) if fitted else NO_WEIGHT
        self.reader = resources.past_reader(self.index.places, self.retriever.texts)
        self.topics = self._topic_model.of(
            [self.catalogue[item_id] for item_id in self.index.item_ids], self.retriever.texts
        )
        self.tracking = self.tracking.on(self.topics.ids)
        self.topic_reader = TopicReader(self.topics, self.reader, self.store.order_only())

    @property
    def engine(self) -> LocalEngine:
        """The language model."""
        return self.resources.engine

    @cached_property
    def tuned(self) -> Tuned | None:
        """The promoted adapter's say over the whole catalogue; None without one, or where it adds nothing.

        Raises:
            NotReady: the adapter was made for another model or other settings, or not measured in this precision.
        """
        versions = self.resources.adapters.promoted()
        measured = [version.measured(self.resources.precision) for version in versions]
        if not any(found.helps for found in measured):
            return None
        weights = mean_weights([found.weights for found in measured])
        branches = measured[0].branches if len(measured) == 1 else NO_WEIGHT
        name = TOGETHER.join(version.card.name for version in versions)
        return Tuned(name, [self._head_scorer(version) for version in versions], weights, branches)

    def _head_scorer(self, version: Version) -> HeadScorer:
        engine = self.resources.tuned(version)
        head = version.head(self.index.item_ids, self.retriever.texts)
        return HeadScorer(engine, self.resources.renderer_for(version), self.catalogue, head, self.index.item_ids)

    @cached_property
    def scorer(self) -> LanguageScorer:
        """What the language model says of candidates."""
        return self.resources.scorer(self.catalogue)

    @property
    def chooser(self) -> LanguageScorer | Chooser:
        """What reads candidates: the branches of the tuned model, or the model as it came."""
        return self.tuned.chooser if self.tuned else self.scorer

    @property
    def weight(self) -> LanguageWeight:
        """How much what it says counts."""
        return self.tuned.branches if self.tuned else self.language_weight

    @cached_property
    def rationales(self) -> Rationales:
        """Words for reasons."""
        return Rationales(self.resources.phrases, self.domain)

    @cached_property
    def pen(self) -> Pen:
        """What words reasons: the model, or, where it writes freely and was taught to, with that adapter beside it."""
        writing = self.settings.writing
        if writing == "plans" or (writing == "auto" and not self.engine.large):
            return Pen(self.engine, self.resources.renderer)
        return Pen(self.talking or self.engine, self.resources.renderer, freely=True, taught=self._talk is not None)

    @cached_property
    def turn_reader(self) -> TurnReader | None:
        """What reads turns of chats, where the model was taught to."""
        if not self.talking or not self._talk or not self._talk.turns:
            return None
        return TurnReader(self.talking, self.resources.renderer)

    @cached_property
    def talking(self) -> LocalEngine | None:
        """The model with the adapter beside it that was taught to talk, if any."""
        return self.engine.with_adapter(self._talk.adapter) if self._talk else None

    @cached_property
    def _talk(self) -> Talk | None:
        return talk_for(self.resources.home, self.resources.fingerprint)

    def verb(self, event: Event) -> str:
        """What an event is called: "watched", "liked"."""
        return verb(event, self.domain, self._scale)

    @cached_property
    def _scale(self) -> float:
        return self.store.rating_scale()

    def topics_of(self, item_id: str) -> list[str]:
        """The names of an item's topics."""
        return [self.topics.names[place] for place in self.topics.mass[[self.index.places[item_id]]].indices]

    def popular(self, item_id: str) -> bool:
        """Whether an item is among the tenth of the catalogue with the most users, and has at least ten."""
        return self._users.get(item_id, 0) >= self._often

    @cached_property
    def _often(self) -> float:
        return max(10.0, float(np.quantile(list(self._users.values()), 0.9)))

    @cached_property
    def _users(self) -> dict[str, int]:
        found = self.store.item_users()
        return {item_id: found.get(item_id, 0) for item_id in self.catalogue}

    def past(self, timeline: Timeline) -> Past:
        """A history as the retriever reads it."""
        return self.reader.read(timeline)

    def allowed(self, timeline: Timeline, where: Callable[[Item], bool] | None) -> NDArray[np.bool_]:
        """Which items may be recommended after `timeline`, bool [items]: the domain's rules and the caller's filter."""
        allowed = self._available.copy()
        if where:
            allowed &= np.array([where(self.catalogue[item_id]) for item_id in self.index.item_ids])
        if not self.domain.repeats:
            allowed[[self.index.places[item_id] for item_id in timeline.item_ids if item_id in self.index.places]] = (
                False
            )
        if timeline.corrections:
            allowed &= ~banned(self.topics, self.said(timeline))
        return allowed

    def log_p(self, past: Past, timeline: Timeline, allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
        """The retriever's log P(next), float64 [items], by what the user said too; -inf for what is not `allowed`."""
        return self.obeyed(self.retriever.log_probability(past, allowed), timeline)

    def obeyed(self, log_p: NDArray[np.float64], timeline: Timeline) -> NDArray[np.float64]:
        """Log P(next), float64 [items], as it is by what the user said of topics."""
        if not timeline.corrections:
            return log_p
        with np.errstate(divide="ignore"):
            return np.log(items_obeyed(np.exp(log_p), self.topics, self.said(timeline)))

    def said(self, timeline: Timeline) -> dict[str, Kind]:
        """What the user said of each topic, as it holds now."""
        return read_written(event.text for event in timeline.corrections)

    @cached_property
    def _available(self) -> NDArray[np.bool_]:
        items = [self.catalogue[item_id] for item_id in self.index.item_ids]
        return np.array([item.available or not self.domain.only_available for item in items])

    def _check(self, artefact: Artefact) -> None:
        if artefact.about.get("format") != FORMAT:
            raise NotReady(f"{self.resources.home.root} was fitted by another version of Foretaste; {FIT}")
        made_with = artefact.about["encoder"]
        if made_with != self.settings.encoder:
            raise NotReady(f"the index was made with {made_with}, the settings name {self.settings.encoder}; {FIT}")

    def _retriever(self, artefact: Artefact, language: Mapping[str, object]) -> Retriever:
        """What was fitted, with the items that were added or changed since: they are embedded and kept."""
        index_ids = json.loads((artefact.folder / TEXTS).read_bytes())
        missing = next((item_id for item_id in index_ids if item_id not in self.catalogue), None)
        if missing is not None:
            raise NotReady(f"the index is of another catalogue: it holds item {missing!r}, the store does not; {FIT}")
        retriever = Retriever.load(artefact, [self.catalogue[item_id] for item_id in index_ids])
        if artefact.about["catalogue"] == self.catalogue.fingerprint():
            return retriever
        changed = [item_id for item_id, text in _texts(self.catalogue).items() if index_ids.get(item_id) != text]
        changed_texts = [item_text(self.catalogue[item_id]) for item_id in changed]
        embedded = self.resources.embed(changed_texts, retriever.text_width)
        items = [*index_ids, *(item_id for item_id in changed if item_id not in index_ids)]
        grown = grow(retriever, changed, embedded, [self.catalogue[item_id] for item_id in items])

        def write(folder: Path) -> None:
            grown.save(folder)
            self.tracking.save(folder)
            self._topic_model.save(folder)
            write_texts(folder, Catalogue(self.catalogue[item_id] for item_id in items))
            (folder / LANGUAGE).write_text(json.dumps(language, indent=2))

        about = {**artefact.about, "catalogue": self.catalogue.fingerprint()}
        try:
            publish(self.resources.home.index, about, write, instead_of=artefact)
        except StoreError as error:
            # It works in memory all the same; a full disk must not take recommendations away.
            logger.warning("the items added to the index were not kept: %s", error)
        return grown


def about_fit(resources: Resources, catalogue: Catalogue, options: FitOptions) -> dict[str, object]:
    """What a fit says of itself: its encoder, and the catalogue that it was made on or has grown to."""
    return {
        "format": FORMAT,
        "catalogue": catalogue.fingerprint(),
        "encoder": resources.settings.encoder,
        "cut": resources.store.last_timestamp(),
        **asdict(options),
    }


def write_texts(folder: Path, catalogue: Catalogue) -> None:
    """Write down which text of each item was embedded, in the order of the index."""
    (folder / TEXTS).write_text(json.dumps(_texts(catalogue)))


def _texts(catalogue: Catalogue) -> dict[str, str]:
    return {item_id: sha256(item_text(item).encode()).hexdigest()[:16] for item_id, item in catalogue.items()}
