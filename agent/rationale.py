"""Reasons: grounds first, then words for them, and the plain sentence wherever a text says more than it may."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from agent.grounds import Grounds, shown
from agent.results import Rationale
from agent.verify import carried
from engine.protocol import Engine, Node, Tree, WriteLimits
from history.domain import Domain
from prompts.phrases import Phrases
from prompts.renderer import Renderer
from prompts.segment import Piece, Segment
from workspace.spans import span

LIMITS, UNBEGUN = (
    WriteLimits(tokens=40),
    WriteLimits(tokens=120),
)  # from a beginning, and with all titles still to write
TOGETHER = 9  # texts that a model writes at once after the first one, which somebody may be waiting for
PLANS = 6  # sentences that a model chooses among


@dataclass(frozen=True)
class Draft:
    """A reason before it is worded: its facts, sentences that they allow, and a `lead` for one who writes freely.

    The `plain` sentence stands where no model has a say, or none may; after any comes a `tail`, which may be empty.
    """

    grounds: Grounds
    facts: Mapping[str, Any]
    plans: Sequence[str]
    plain: str
    lead: str
    tail: str


@dataclass(frozen=True)
class Pen:
    """A model that words given facts: `freely` in its own words, or by choosing among whole sentences.

    One that was `taught` to needs no examples, and no beginning.
    """

    engine: Engine
    renderer: Renderer
    freely: bool = False
    taught: bool = False

    def word(self, drafts: Sequence[Draft]) -> list[str]:
        """A text for each draft; nothing in it was checked."""
        return self._write(drafts) if self.freely else self._choose(drafts)

    def _write(self, drafts: Sequence[Draft]) -> list[str]:
        """What the model writes, from each lead on, to the end of its first sentence."""
        leads = ["" if self.taught else draft.lead for draft in drafts]
        written = [""] * len(drafts)
        limits = UNBEGUN if self.taught else LIMITS
        for place, piece in self.engine.write_all([self.stem(draft) for draft in drafts], limits):
            written[place] += piece
        return [first_sentence(lead + text) for lead, text in zip(leads, written, strict=True)]

    def stem(self, draft: Draft) -> Segment:
        """All that stands before what the model writes."""
        lead = "" if self.taught else draft.lead
        return self.renderer.conversation("rationale", lead, not self.taught, **draft.facts)

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
        """Why, for each of the grounds, as soon as it is worded; without a pen plain sentences.

        To choose sentences for many at once is no faster; to write many at once is.
        """
        start, size = 0, 1
        while start < len(asked):
            yield from self._explain(asked[start : start + size], pen)
            start, size = start + size, TOGETHER if pen and pen.freely else 1

    def _explain(self, asked: Sequence[Grounds], pen: Pen | None) -> list[Rationale]:
        drafts = [self.draft(grounds) for grounds in asked if cites(grounds)]
        with span("write"):
            texts = iter(pen.word(drafts) if pen and drafts else [draft.plain for draft in drafts])
        worded = iter([self._checked(draft, text) for draft, text in zip(drafts, texts, strict=True)])
        return [next(worded) if cites(grounds) else self._without_events(grounds) for grounds in asked]

    def draft(self, grounds: Grounds) -> Draft:
        """What can be said of grounds that cite events."""
        titles = [shown(entry.title) for entry in grounds.events]
        title = shown(grounds.item.title)
        shared, topic = [shown(facet) for facet in grounds.facets], grounds.topic and shown(grounds.topic)
        facts: dict[str, Any] = {"title": title, "verb": grounds.verb, "evidence": titles, "shared": shared}
        facts |= {"topic": topic, "lately": grounds.lately}
        plain, *plans = self._phrases.say("rationale", "plans", **facts).splitlines()
        turn = sum(map(ord, grounds.item.item_id)) % len(plans)  # not all items of a list are told in the same words
        plans = (plans[turn:] + plans[:turn])[:PLANS]
        lead = self._phrases.say("rationale", "lead", verb=grounds.verb, evidence=titles, title=title)
        tail = self._phrases.say("rationale", "tail", few=grounds.few, popular=grounds.popular)
        return Draft(grounds, facts, plans, plain, lead, tail)

    def _checked(self, draft: Draft, text: str) -> Rationale:
        """The reason in this text, or, if its grounds do not carry all that it says, in the plain sentence."""
        told, plain = (f"{sentence} {draft.tail}".rstrip() for sentence in (text, draft.plain))
        kept = told if self.carried(draft, told) else plain
        return Rationale(kept, draft.grounds.events, draft.grounds.facets, self.carried(draft, kept))

    def carried(self, draft: Draft, text: str) -> bool:
        """Whether a text says nothing beyond a draft's grounds."""
        return carried(text, draft.grounds, shown, self._nouns)

    def _without_events(self, grounds: Grounds) -> Rationale:
        """What is true where no event can be named, or where it was not taste."""
        if grounds.written and grounds.lift > 0:
            text = self._phrases.say("rationale", "near")
        elif grounds.again and grounds.lift > 0:
            text = self._phrases.say("rationale", "again", verb=grounds.again)
        elif grounds.lift > 0 and grounds.liking:
            text = self._phrases.say("rationale", "whole", popular=grounds.popular)
        elif grounds.popular:
            text = self._phrases.say("rationale", "popular", some=not grounds.nothing)
        else:
            few = grounds.few or not grounds.liking
            text = self._phrases.say("rationale", "unsure", some=not grounds.nothing, few=few)
        return Rationale(text, (), (), True)


def first_sentence(text: str) -> str:
    """A text up to its first full stop outside quotes."""
    match = re.match(r'(?:[^."]|"[^"]*")*\.?', text)
    return match.group() if match else text


def cites(grounds: Grounds) -> bool:
    """Whether a reason may name events: there are some, and the history as a whole speaks for the item too."""
    return bool(grounds.events) and grounds.lift > 0
