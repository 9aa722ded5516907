"""What the recommender stands on: the store, what was fitted, and the models, each opened when first needed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import URL

from agent.fusion import LanguageWeight
from agent.rationale import Pen, Rationales
from agent.scorer import LanguageScorer
from history.catalogue import Catalogue
from history.domain import Domain, load_domain
from history.records import Item
from history.store import Store
from history.timeline import Timeline
from interests.state import TopicMap
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from retrieval.encoder import SentenceEncoder, Vectors
from retrieval.index import ItemIndex
from retrieval.retriever import Retriever, RetrieverWeights
from retrieval.taste import Taste, TasteReader
from workspace.artefact import Artefact, current, is_published
from workspace.errors import NotReady
from workspace.home import Home
from workspace.models import model_source
from workspace.settings import Settings, load_settings

if TYPE_CHECKING:
    from engine.local import LocalEngine

WEIGHTS, COUNTS = "weights.json", "counts.npy"
FIT = "run: foretaste fit"


@dataclass(frozen=True)
class Resources:
    """A home, its settings, and the models that they name."""

    home: Home
    settings: Settings

    @classmethod
    def at(cls, home: Home, settings: Settings | None = None) -> Resources:
        """The resources of `home`; its own settings unless others are given."""
        return cls(home, settings or load_settings(home))

    @cached_property
    def store(self) -> Store:
        """The event store."""
        return Store(self.settings.store or URL.create("sqlite", database=str(self.home.store_file)))

    @cached_property
    def domain(self) -> Domain:
        """The domain pack."""
        return load_domain(self.settings.domain)

    @cached_property
    def encoder(self) -> SentenceEncoder:
        """The sentence encoder."""
        return SentenceEncoder(model_source(self.home, self.settings.encoder))

    @cached_property
    def engine(self) -> LocalEngine:
        """The language model."""
        from engine.local import LocalEngine

        source = model_source(self.home, self.settings.model)
        return LocalEngine(source, self.settings.precision, threads=self.settings.threads)

    def is_fitted(self) -> bool:
        """Whether a fit was published in the home."""
        return is_published(self.home.index)

    @property
    def language_key(self) -> str:
        """What a language weight was fitted for: model, precision, adapter, readout, and all that shapes the prompt."""
        prompt = self.settings.model_dump(
            include={"rendering", "domain", "history_over", "history_keep", "item_tokens"}
        )
        return f"{self.language_name} no-adapter {self.settings.readout} {prompt}"

    @property
    def language_name(self) -> str:
        """The language model's name and precision, for people."""
        return f"{self.settings.model} ({self.settings.precision})"

    def taste_reader(self, index: ItemIndex) -> TasteReader:
        """Reads timelines by the vectors of `index`."""
        vectors = index.vectors

        def vector_of(item_id: str) -> Vectors | None:
            return vectors[index.places[item_id]] if item_id in index.places else None

        return TasteReader(self.domain, self.store.rating_scale(), vector_of, self.encoder.encode)

    def scorer(self, catalogue: Catalogue) -> LanguageScorer:
        """Scores candidates of `catalogue` with the language model."""
        return LanguageScorer(self.engine, self.renderer, catalogue, self.settings.readout)

    @cached_property
    def phrases(self) -> Phrases:
        """The templates."""
        return Phrases(self.domain, self.settings.rendering)

    @cached_property
    def renderer(self) -> Renderer:
        """Renders for the language model."""
        return Renderer(self.phrases, self.engine.tokens, self.domain, self.settings, self.store.rating_scale())


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
        self.index = ItemIndex.load(artefact)
        weights = json.loads((artefact.folder / WEIGHTS).read_text())
        counts = np.load(artefact.folder / COUNTS)
        self.retriever = Retriever(self.index, counts, RetrieverWeights(**weights["retriever"]))
        fitted = weights["language"].get(resources.language_key)
        self.language_weight = LanguageWeight(**fitted) if fitted else LanguageWeight(0.0, 0.0, 0.0, 0)
        self.topics = TopicMap({item_id: item.categories for item_id, item in self.catalogue.items()})
        self._taste_reader = resources.taste_reader(self.index)

    @property
    def engine(self) -> LocalEngine:
        """The language model."""
        return self.resources.engine

    @cached_property
    def scorer(self) -> LanguageScorer:
        """What the language model says of candidates."""
        return self.resources.scorer(self.catalogue)

    @cached_property
    def rationales(self) -> Rationales:
        """Reasons for items of this catalogue."""
        scale = self.store.rating_scale()
        return Rationales(self.resources.phrases, self.catalogue, self.domain, scale, self.popular)

    @cached_property
    def pen(self) -> Pen:
        """What phrases reasons."""
        return Pen(self.engine, self.resources.renderer)

    def popular(self, item_id: str) -> bool:
        """Whether an item is among the tenth of the catalogue with the most events, and has at least ten."""
        counts = np.expm1(self.retriever.log_counts)
        return bool(counts[self.index.places[item_id]] >= max(10.0, np.quantile(counts, 0.9)))

    def taste(self, timeline: Timeline) -> Taste:
        """The query vector of a history."""
        return self._taste_reader.read(timeline, self.retriever.weights.decay, self.index.dimension)

    def allowed(self, timeline: Timeline, where: Callable[[Item], bool] | None) -> NDArray[np.bool_]:
        """Which items may be recommended after `timeline`, bool [items]: the domain's rules and the caller's filter."""
        items = [self.catalogue[item_id] for item_id in self.index.item_ids]
        allowed = np.array([item.available or not self.domain.only_available for item in items])
        if where:
            allowed &= np.array([where(item) for item in items])
        if not self.domain.repeats:
            allowed[[self.index.places[item_id] for item_id in timeline.item_ids if item_id in self.index.places]] = (
                False
            )
        return allowed

    def _check(self, artefact: Artefact) -> None:
        about = artefact.about
        if about["encoder"] != self.settings.encoder:
            raise NotReady(
                f"the index was made with {about['encoder']}, the settings name {self.settings.encoder}; {FIT}"
            )
        if about["catalogue"] != self.catalogue.fingerprint():
            raise NotReady(f"items were added or changed since the last fit; {FIT}")
