"""Holds a reason against its grounds: whatever claims something must be carried by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from agent.grounds import Grounds

SHORTEST = 3
NAME = "\u01c0"  # a letter that begins what stands for names
QUOTED = re.compile(r'"([^"]*)"')
BEGINNING = re.compile(r"(?:^|[.:]\s+)\w")  # of a sentence: a capital there is no name
STUTTER = re.compile(r"\b(\w+)\b(?:\W+\w+){0,3}\W+\1\b(?:\W+\w+){0,3}\W+\1\b|\b(\w+)\W+\2\b", re.IGNORECASE)

# Words that praise or join but state no fact of an item. Whatever else is said is a claim, and needs grounds.
_WORDS = """
a also an and another are as be because been both brings by choice could did does enjoy enjoyable find fit fits for from
further gives goes good great had has have here if in into is it kind like makes may might mix more next of offer offers
on one ones pick shares similar since so sort speaks suit suits taste that the them these they this those to too
well which will with worth would you your
"""
EMPTY_WORDS = frozenset(_WORDS.split())
# What may only be said where it is so.
CLAIMS: Mapping[str, Callable[[Grounds], bool]] = {
    "It is popular with others too.": lambda grounds: grounds.popular,
    "Not much is known of you yet.": lambda grounds: grounds.few,
    "lately": lambda grounds: grounds.lately,
}


def carried(text: str, grounds: Grounds, shown: Callable[[str], str], nouns: Iterable[str]) -> bool:
    """Whether a reason says nothing beyond its grounds.

    It must name every event that it cites, as `shown`, and no other title, end in a full stop and say something. What
    else it says may hold the shared facets and the topic, what the events were, the domain's own `nouns`, claims that
    are true and words that state nothing, and no other word: so no name, number, negation, comparison or facet from
    elsewhere, and no stutter.
    """
    cited = [shown(one.title) for one in grounds.events]
    quoted = QUOTED.findall(text)
    if not text.endswith(".") or not set(cited) <= set(quoted) <= {*cited, shown(grounds.item.title)}:
        return False
    said = QUOTED.sub(lambda match: _name(match.start()), text.replace(NAME, "?"))
    for claim, holds in CLAIMS.items():
        if holds(grounds):
            said = re.sub(rf"(?<!\w){re.escape(claim)}", " ", said, flags=re.IGNORECASE)
    named = [*map(shown, grounds.facets), shown(grounds.topic or ""), grounds.verb]
    for number, name in enumerate(sorted(filter(None, named), key=len, reverse=True)):
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _name(len(text) + number), said, flags=re.IGNORECASE)
    said = BEGINNING.sub(lambda match: match.group().lower(), said)
    words = re.findall(r"[^\s.,;:-]+", said)
    if len(words) < SHORTEST or STUTTER.search(said):
        return False
    return all(word in EMPTY_WORDS or word in nouns or word.startswith(NAME) for word in words)


def _name(number: int) -> str:
    """What stands for a name that was looked up: a word of its own."""
    return f" {NAME}{number} "
