"""Made-up grounds of all domains, from which a model learns to word reasons: no user's data, no real title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from agent.grounds import Grounds
from agent.rationale import Draft, Rationales
from agent.results import Evidence
from history.domain import Domain, domain_names, load_domain
from history.records import Item
from prompts.phrases import Phrases

_KINDS = """
amber bright copper dusty eager faded golden hollow icy jagged kind lonely misty narrow open pale quiet restless
silver tender upper velvet wild young broken crimson distant electric fearless gentle hidden last little lost new
old
"""
KINDS = _KINDS.split()
_THINGS = """
bay castle desert evening forest garden harbor island journey kitchen lantern mountain night orchard piano queen
river summer theatre umbrella valley window year zebra album bicycle candle diary engine fox guitar hotel letter
mirror notes ocean promise recipe shadow teacher village winter ball cloud dance echo fire ghost heart king love man
moon road song
"""
THINGS = _THINGS.split()
FORMS = (
    "{kind} {thing}",
    "The {thing}",
    "{thing}",
    "The {kind} {thing}",
    "{thing} of the {other}",
    "{thing}, The",
    "{kind} {thing} {number}",
    "{thing}: A {kind} {other}",
    "Mr. {thing}",
    "My {kind} {thing}",
    "{number} {kind} {thing}s",
    "{thing} & {other}",
    "Dr. {thing} and the {kind} {other} ({number})",
    "What the {thing} Said",
    "L'{thing}",
)
_FACETS = """
Action Adventure Animation Comedy Crime Drama Fantasy Horror Musical Mystery Romance Sci-Fi Thriller War Western
Travel Cooking Garden Science History Poetry Politics Sports Health Music Art Technology Fashion Toys Children's
"""
FACETS = _FACETS.split()
FACETED, TOLD_TOPIC, LATELY = 0.6, 0.25, 0.25


@dataclass(frozen=True)
class Lesson:
    """A draft of a domain, and the sentence that is to be learnt."""

    domain: Domain
    draft: Draft
    answer: str


def made_lessons(count: int, seed: int) -> Iterator[Lesson]:
    """So many, of domains and sentences drawn at random."""
    generator = np.random.default_rng(seed)
    domains = [load_domain(name) for name in domain_names()]
    rationales = [Rationales(Phrases(domain, "title"), domain) for domain in domains]
    for _ in range(count):
        which = int(generator.integers(len(domains)))
        draft = rationales[which].draft(_grounds(domains[which], generator))
        yield Lesson(domains[which], draft, draft.plans[int(generator.integers(len(draft.plans)))])


def _grounds(domain: Domain, generator: np.random.Generator) -> Grounds:
    titles = [made_title(generator) for _ in range(int(generator.integers(2, 4)))]
    kinds = [kind for kind in domain.events.values() if kind.polarity > 0]
    kind = kinds[int(generator.integers(len(kinds)))]
    facets = generator.choice(FACETS, int(generator.integers(1, 4)), replace=False).tolist()
    said = generator.random(3) < (FACETED, TOLD_TOPIC, LATELY)
    return Grounds(
        Item(str(generator.integers(10_000)), titles[0]),
        tuple(Evidence(title, title, 1.0) for title in titles[1:]),
        kind.verb_for or kind.verb,
        tuple(facets) if said[0] else (),
        str(generator.choice(FACETS)) if said[1] else None,
        bool(said[2]),
    )


def made_title(generator: np.random.Generator) -> str:
    """A title that nothing real bears, if it can be helped."""
    kind, thing, other, form = (str(generator.choice(words)) for words in (KINDS, THINGS, THINGS, FORMS))
    told = form.format(kind=kind.title(), thing=thing.title(), other=other.title(), number=generator.integers(2, 2_050))
    return told if generator.random() < 0.9 else told.lower()
