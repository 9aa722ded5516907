"""Reasons: grounds first, then words for them, and the plain sentence wherever a text says more than it may."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent.grounds import Grounds
from agent.results import Rationale
from agent.verify import carried
from engine.protocol import Engine, Node, Tree, WriteLimits
from history.domain import Domain
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from prompts.segment import Piece, Segment, clean

LIMITS = WriteLimits(tokens=40)
FIRST = 1  # reason that is phrased before the others, since somebody may be reading along
TOGETHER = 9  # reasons that are phrased at once after it: a list of ten takes two batches
LONGEST = 80  # characters of a title in a reason
PLANS = 6  # sentences that a model chooses among


@dataclass(frozen=True)
class Draft:
    """A reason before it is worded: its facts, the sentences that they allow, the plain one first, and a `lead`."""

    grounds: Grounds
    facts: Mapping[str, Any]
    plans: Sequence[str]
    lead: str


@dataclass(frozen=True)
class Pen:
    """A model that words given facts: `freely` in its own words, or by choosing among whole sentences."""

    engine: Engine
    renderer: Renderer
    freely: bool = False

    def word(self, drafts: Sequence[Draft]) -> list[str]:
        """A text for each draft; nothing in it was checked."""
        return self._write(drafts) if self.freely else self._choose(drafts)

    def _write(self, drafts: Sequence[Draft]) -> list[str]:
        """Each lead and how the model goes on from it, to the end of its first sentence."""
        stems = [self.renderer.conversation("rationale", draft.lead, **draft.facts) for draft in drafts]
        written = [""] * len(stems)
        for place, piece in self.engine.write_all(stems, LIMITS):
            written[place] += piece
        first = [text.partition(".") for text in written]
        return [draft.lead + text + stop for draft, (text, stop, _) in zip(drafts, first, strict=True)]

    def _choose(self, drafts: Sequence[Draft]) -> list[str]:
        """The sentence of each draft that the model finds most natural, by its mean log-likelihood a token."""
        trees, costs = [], []
        for draft in drafts:
            stem = self.renderer.conversation("rationale", "", **draft.facts)
            branches = [Segment((Piece(f"{plan}\n"),)) for plan in draft.plans]
            trees.append(Tree((Node(stem), *(Node(branch, 0) for branch in branches)), "likelihood"))
            costs.append(np.array([self.renderer.cost(branch) for branch in branches]))
        scores = self.engine.score_all(trees)
        best = [int(np.argmax(one.values / cost)) for one, cost in zip(scores, costs, strict=True)]
        return [draft.plans[place] for draft, place in zip(drafts, best, strict=True)]


class Rationales:
    """Explains recommended items of one domain."""

    def __init__(self, phrases: Phrases, domain: Domain) -> None:
        self._phrases = phrases
        self._nouns = {domain.noun, domain.nouns, domain.category}

    def explain(self, asked: Sequence[Grounds], pen: Pen | None) -> Iterator[Rationale]:
        """Why, for each of the grounds, the first one soon and then in batches; without a pen plain sentences."""
        start, size = 0, FIRST
        while start < len(asked):
            yield from self._explain(asked[start : start + size], pen)
            start, size = start + size, TOGETHER

    def _explain(self, asked: Sequence[Grounds], pen: Pen | None) -> list[Rationale]:
        drafts = [self._draft(grounds) for grounds in asked if cites(grounds)]
        texts = iter(pen.word(drafts) if pen and drafts else [draft.plans[0] for draft in drafts])
        worded = iter([self._checked(draft, text) for draft, text in zip(drafts, texts, strict=True)])
        return [next(worded) if cites(grounds) else self._without_events(grounds) for grounds in asked]

    def _draft(self, grounds: Grounds) -> Draft:
        titles = [shown(entry.title) for entry in grounds.events]
        facts = {"title": shown(grounds.item.title), "verb": grounds.verb, "evidence": titles, "shared": grounds.facets}
        also = {name: getattr(grounds, name) for name in ("topic", "lately", "few", "popular")}
        first, *others = self._phrases.say("rationale", "plans", **facts, **also).splitlines()
        turn = sum(map(ord, grounds.item.item_id)) % len(others)  # not all items of a list are told in the same words
        lead = self._phrases.say("rationale", "lead", verb=grounds.verb, evidence=titles, title=facts["title"])
        return Draft(grounds, facts, [first, *(others[turn:] + others[:turn])[: PLANS - 1]], lead)

    def _checked(self, draft: Draft, text: str) -> Rationale:
        """The reason in this text, or, if its grounds do not carry all that it says, in the plain sentence."""
        kept = text if carried(text, draft.grounds, shown, self._nouns) else draft.plans[0]
        verified = carried(kept, draft.grounds, shown, self._nouns)
        return Rationale(kept, draft.grounds.events, draft.grounds.facets, verified)

    def _without_events(self, grounds: Grounds) -> Rationale:
        """What is true where no event can be named, or where it was not taste: near to what was written, or popular."""
        if grounds.written and grounds.lift > 0:
            text = self._phrases.say("rationale", "near", written=True)
        else:
            some = not grounds.nothing
            text = self._phrases.say("rationale", "popular" if grounds.popular else "unsure", some=some)
        return Rationale(text, (), (), True)


def cites(grounds: Grounds) -> bool:
    """Whether a reason may name events: there are some, and the history as a whole speaks for the item too."""
    return bool(grounds.events) and grounds.lift > 0


def shown(title: str) -> str:
    """A title as one line of at most `LONGEST` characters, without the quotes that titles stand in."""
    line = clean(title).replace('"', "'")
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
