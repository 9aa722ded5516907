"""A home with its settings, and the models that these name, each opened when first needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from sqlalchemy import URL

from agent.adapters import Adapters, Version
from agent.scorer import LanguageScorer
from history.catalogue import Catalogue
from history.domain import Domain, load_domain
from history.store import Store
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from retrieval.encoder import SentenceEncoder, Vectors
from retrieval.taste import TasteReader
from retrieval.trail import PastReader
from workspace.artefact import is_published
from workspace.errors import ForetasteError, ModelError, NotReady
from workspace.home import Home
from workspace.models import model_source
from workspace.settings import Precision, Settings, load_settings

if TYPE_CHECKING:
    from engine.local import LocalEngine

SPEED = "speed.json"  # in the home: how fast each precision is, by machine
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
        from engine.stems import StemCache

        source = model_source(self.home, self.settings.model)
        stems = StemCache(self.settings.stem_mib * 2**20)
        return LocalEngine(source, self.precision, threads=self.settings.threads, stems=stems)

    @cached_property
    def adapters(self) -> Adapters:
        """The home's adapters."""
        return Adapters(self.home)

    def tuned(self, version: Version) -> LocalEngine:
        """The language model with an adapter beside it.

        Raises:
            NotReady: see `check_fits`.
        """
        self.check_fits(version)
        return self.engine.with_adapter(version.adapter)

    def check_fits(self, version: Version) -> None:
        """Refuse an adapter that does not go with these settings.

        Raises:
            NotReady: it was made for other weights or another encoder.
        """
        card = version.card
        if card.fingerprint != self.fingerprint:
            raise NotReady(
                f"the adapter {card.name!r} was made for other weights or another tokenizer ({card.base}) than those "
                f"of {self.settings.model}; run: foretaste tune, or foretaste adapters rollback"
            )
        if card.encoder != self.settings.encoder:
            raise NotReady(
                f"the adapter {card.name!r} was made with the encoder {card.encoder}, not with "
                f"{self.settings.encoder}; set encoder so, or run: foretaste tune, or foretaste adapters rollback"
            )

    def renderer_for(self, version: Version) -> Renderer:
        """Writes histories as an adapter has learnt to read them, whatever the settings say now."""
        return self._renderer(self.settings.model_copy(update=dict(version.card.prompt)))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the language model's weights and tokenizer."""
        from engine.adapters import fingerprint

        return fingerprint(model_source(self.home, self.settings.model))

    @property
    def prompt(self) -> dict[str, Any]:
        """The settings that shape what the language model reads."""
        return self.settings.model_dump(include={"rendering", "domain", "history_over", "history_keep", "item_tokens"})

    @cached_property
    def precision(self) -> Precision:
        """How the language model's weights are held; `auto` is decided once, here or by `settle`.

        Here it is the fastest of all, for those who measure the quality in it themselves.
        """
        return self._precision_among(get_args(Precision))

    def settle(self, language: Mapping[str, Mapping[str, Any]]) -> None:
        """Decide `auto`, if it is open, among the precisions for which `language`, of a fit, holds a measured weight.

        With a promoted adapter that helps these are the ones on its card in which it does. Where none was measured it
        is the default one.
        """
        if self.settings.precision == "auto" and "precision" not in vars(self):
            known = get_args(Precision)
            measured = [name for name in known if language.get(self._language_key(name), {}).get("targets")]
            helped = self._helped()
            default = Settings.model_fields["precision"].default
            among = [name for name in known if name in helped] or measured or [default]
            vars(self)["precision"] = self._precision_among(among)

    def _helped(self) -> list[str]:
        """The precisions in which the promoted adapters add something; a damaged one is told of when it is to rank."""
        with suppress(ForetasteError):
            cards = [version.card for version in self.adapters.promoted()]
            measured = set[str].intersection(*(set(card.measured) for card in cards)) if cards else set()
            return [name for name in measured if any(card.measured[name].helps for card in cards)]
        return []

    def _precision_among(self, among: Sequence[Precision]) -> Precision:
        if self.settings.precision != "auto":
            return self.settings.precision
        if len(among) == 1:  # the model need not even be there
            return among[0]
        from engine.precision import fastest

        source = model_source(self.home, self.settings.model)
        return fastest(source, among, self.home.root / SPEED, self.settings.threads)

    def speeds(self) -> Mapping[Precision, float]:
        """Tokens a second of the language model by precision, as far as they were measured on this machine."""
        from engine.precision import remembered

        source = model_source(self.home, self.settings.model)
        return remembered(source, self.home.root / SPEED, self.settings.threads)

    def is_fitted(self) -> bool:
        """Whether a fit was published in the home."""
        return is_published(self.home.index)

    @property
    def language_key(self) -> str:
        """What a language weight was fitted for: model, precision, adapter, readout, and all that shapes the prompt."""
        return self._language_key(self.precision)

    def _language_key(self, precision: Precision) -> str:
        return f"{self.settings.model} ({precision}) no-adapter {self.settings.readout} {self.prompt}"

    @property
    def language_name(self) -> str:
        """The language model's name and precision, for people."""
        return f"{self.settings.model} ({self.precision})"

    def embed(self, texts: Sequence[str], width: int) -> Vectors:
        """The sentence embeddings of `texts`, float32 [texts, width].

        Raises:
            NotReady: the encoder gives another width than the index was made with.
            ModelError: it gives something else than numbers.
        """
        found = self.encoder.encode(texts)
        if not np.isfinite(found).all():
            raise ModelError(f"{self.settings.encoder} gives something else than numbers; use another encoder")
        if found.shape[1] != width:
            made = f"{self.settings.encoder} gives embeddings of width {found.shape[1]}"
            raise NotReady(f"{made}, the index was made with {width}; {FIT}")
        return found

    def past_reader(self, places: Mapping[str, int], texts: Vectors) -> PastReader:
        """Reads timelines by the items' `places` and their sentence embeddings, float32 [items, width]."""

        def vector_of(item_id: str) -> Vectors | None:
            return texts[places[item_id]] if item_id in places else None

        def encode(written: Sequence[str]) -> Vectors:
            return self.embed(written, texts.shape[1])

        scale = self.store.rating_scale()
        tastes = TasteReader(self.domain, scale, vector_of, encode, texts.shape[1])
        return PastReader(self.domain, scale, places, tastes)

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
        return self._renderer(self.settings)

    def _renderer(self, settings: Settings) -> Renderer:
        domain = load_domain(settings.domain)
        phrases = Phrases(domain, settings.rendering)
        return Renderer(phrases, self.engine.tokens, domain, settings, self.store.rating_scale())
