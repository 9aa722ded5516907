"""Reasons: evidence first, phrased by the model, and the plain sentence wherever its text says more than it may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
FIRST = 1  # reason that is phrased before the others, since somebody may be reading along
TOGETHER = 9  # reasons that are phrased at once after it: a list of ten takes two batches
LONGEST = 80  # characters of a title in a reason


@dataclass(frozen=True)
class Draft:
    """A reason before it is phrased: its facts, how it begins, and what is said where no model's phrasing will do."""

    facts: Mapping[str, Any]
    lead: str
    plain: Rationale


@dataclass(frozen=True)
class Pen:
    """A model that phrases given facts."""

    engine: Engine
    renderer: Renderer

    def phrase(self, drafts: Sequence[Draft]) -> list[str]:
        """Each lead and how the model goes on from it, to the end of its first sentence; nothing in it was checked."""
        stems = [self.renderer.conversation("rationale", draft.lead, **draft.facts) for draft in drafts]
        written = [""] * len(stems)
        for place, piece in self.engine.write_all(stems, LIMITS):
            written[place] += piece
        first = [text.partition(".") for text in written]
        return [draft.lead + text + stop for draft, (text, stop, _) in zip(drafts, first, strict=True)]


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

    def explain(
        self, asked: Sequence[tuple[Item, Vectors]], taste: Taste, timeline: Timeline, pen: Pen | None
    ) -> Iterator[Rationale]:
        """Why each item fits this history, the first ones soon and then in batches; without a pen plain sentences."""
        start, size = 0, FIRST
        while start < len(asked):
            batch = [self._prepare(item, vector, taste, timeline) for item, vector in asked[start : start + size]]
            yield from self._finish(batch, pen)
            start, size = start + size, TOGETHER

    def _prepare(self, item: Item, vector: Vectors, taste: Taste, timeline: Timeline) -> Draft | Rationale:
        """Why one item fits, to be phrased; or all that can be said, where no past item can be named."""
        told, evidence = cite(item, vector, taste, timeline, self._catalogue, self._verb)
        shared = shared_facets(item, evidence, self._catalogue)
        if not evidence:
            return self._without_evidence(item, vector, taste, timeline)
        cited = [shown(entry.title) for entry in evidence]
        facts = {"verb": told, "evidence": cited, "shared": shared, "title": shown(item.title)}
        lead = self._phrases.say("rationale", "lead", verb=told, evidence=cited, title=facts["title"])
        plain = self._phrases.say("rationale", "plain", verb=told, evidence=cited, shared=shared)
        return Draft(facts, lead, Rationale(plain, evidence, shared, True))

    def _finish(self, prepared: Sequence[Draft | Rationale], pen: Pen | None) -> list[Rationale]:
        """The reasons, the drafts among them phrased together; without a pen the plain sentences."""
        drafts = [one for one in prepared if isinstance(one, Draft)]
        texts = iter(pen.phrase(drafts) if pen else [draft.lead for draft in drafts])
        return [self._checked(one, next(texts)) if isinstance(one, Draft) else one for one in prepared]

    def _checked(self, draft: Draft, text: str) -> Rationale:
        """The reason in this text, if its evidence carries all that it says."""
        nouns = {self._domain.noun, self._domain.nouns, self._domain.category}
        return replace(draft.plain, text=text) if carried(text, draft.lead, draft.plain.facets, nouns) else draft.plain

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
