"""Reasons: evidence first, phrased by the model, and the plain sentence wherever its text says more than it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.evidence import cite, shared_facets
from agent.results import Rationale
from agent.verify import carried
from engine.protocol import Engine, WriteLimits
from history.catalogue import Catalogue
from history.domain import Domain
from history.polarity import verb
from history.records import Event, Item
from history.timeline import Timeline
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from prompts.segment import clean
from retrieval.encoder import Vectors
from retrieval.taste import Taste

LIMITS = WriteLimits(tokens=40)


@dataclass(frozen=True)
class Pen:
    """A model that phrases given facts."""

    engine: Engine
    renderer: Renderer

    def phrase(self, title: str, verb: str, evidence: Sequence[str], shared: Sequence[str]) -> str:
        """One sentence from the facts, as the model would say it; nothing in it was checked."""
        stem = self.renderer.conversation(
            "rationale",
            lead={"verb": verb, "evidence": evidence, "title": title},
            title=title,
            verb=verb,
            evidence=evidence,
            shared=shared,
        )
        text = stem.pieces[-1].text + "".join(self.engine.write(stem, LIMITS))
        return text.partition(". ")[0].rstrip(".") + "." if "." in text else text


class Rationales:
    """Explains recommended items of one catalogue."""

    def __init__(self, phrases: Phrases, catalogue: Catalogue, domain: Domain, scale: float) -> None:
        self._phrases = phrases
        self._catalogue = catalogue
        self._domain = domain
        self._scale = scale

    def explain(self, item: Item, vector: Vectors, taste: Taste, timeline: Timeline, pen: Pen | None) -> Rationale:
        """Why `item` fits this history; without a pen the plain sentence."""
        told, evidence = cite(item, vector, taste, timeline, self._catalogue, self._verb)
        shared = shared_facets(item, evidence, self._catalogue)
        if not evidence:
            return Rationale(self._phrases.say("rationale", "without_history", some=bool(timeline)), (), (), True)
        cited = [clean(entry.title) for entry in evidence]
        title = clean(item.title)
        facts: dict[str, Any] = {"verb": told, "evidence": cited, "shared": shared}
        text = pen.phrase(title, **facts) if pen else ""
        lead = self._phrases.say("rationale", "lead", verb=told, evidence=cited, title=title)
        if carried(text, lead, shared, {self._domain.noun, self._domain.nouns, self._domain.category}):
            return Rationale(text, evidence, shared, True)
        return Rationale(self._phrases.say("rationale", "plain", **facts), evidence, shared, True)

    def _verb(self, event: Event) -> str:
        return verb(event, self._domain, self._scale)
