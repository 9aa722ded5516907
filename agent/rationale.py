"""Reasons: evidence first, phrased by the model, and the plain sentence wherever its text says more than it may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
LONGEST = 80  # characters of a title in a reason


@dataclass(frozen=True)
class Pen:
    """A model that phrases given facts."""

    engine: Engine
    renderer: Renderer

    def phrase(self, lead: str, facts: Mapping[str, Any]) -> str:
        """`lead` and how the model goes on from it, up to the end of its first sentence; nothing in it was checked."""
        stem = self.renderer.conversation("rationale", lead, **facts)
        sentence, stop, _ = "".join(self.engine.write(stem, LIMITS)).partition(".")
        return lead + sentence + stop


class Rationales:
    """Explains recommended items of one catalogue."""

    def __init__(
        self, phrases: Phrases, catalogue: Catalogue, domain: Domain, scale: float, popular: Callable[[str], bool]
    ) -> None:
        self._phrases = phrases
        self._catalogue = catalogue
        self._domain = domain
        self._scale = scale
        self._popular = popular

    def explain(self, item: Item, vector: Vectors, taste: Taste, timeline: Timeline, pen: Pen | None) -> Rationale:
        """Why `item` fits this history; without a pen the plain sentence."""
        told, evidence = cite(item, vector, taste, timeline, self._catalogue, self._verb)
        shared = shared_facets(item, evidence, self._catalogue)
        if not evidence:
            return self._without_evidence(item, vector, taste, timeline)
        cited = [shown(entry.title) for entry in evidence]
        facts = {"verb": told, "evidence": cited, "shared": shared, "title": shown(item.title)}
        lead = self._phrases.say("rationale", "lead", verb=told, evidence=cited, title=facts["title"])
        text = pen.phrase(lead, facts) if pen else ""
        if carried(text, lead, shared, {self._domain.noun, self._domain.nouns, self._domain.category}):
            return Rationale(text, evidence, shared, True)
        plain = self._phrases.say("rationale", "plain", verb=told, evidence=cited, shared=shared)
        return Rationale(plain, evidence, shared, True)

    def _without_evidence(self, item: Item, vector: Vectors, taste: Taste, timeline: Timeline) -> Rationale:
        """What is true where no past item can be named: near to what was written, or popular."""
        if taste.influence(vector).sum() > 0:
            written = any(timeline.events[place].text for place in taste.places)
            return Rationale(self._phrases.say("rationale", "near", written=written), (), (), True)
        macro = "popular" if self._popular(item.item_id) else "unsure"
        return Rationale(self._phrases.say("rationale", macro, some=bool(timeline)), (), (), True)

    def _verb(self, event: Event) -> str:
        return verb(event, self._domain, self._scale)


def shown(title: str) -> str:
    """A title as one line of at most `LONGEST` characters."""
    line = clean(title)
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
