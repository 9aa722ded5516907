"""Holds a reason against its grounds: whatever claims something must be carried by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from agent.grounds import Grounds

NAME = "\u01c0"  # a letter that begins what stands for names
QUOTED = re.compile(r'"([^"]*)"')
BEGINNING = re.compile(r"(?:^|[.:]\s+)\w")  # of a sentence: a capital there is no name
STUTTER = re.compile(r"\b(\w+)\b(?:\W+\w+){0,3}\W+\1\b(?:\W+\w+){0,3}\W+\1\b|\b(\w+)\W+\2\b", re.IGNORECASE)

# Words that praise or join but state no fact of an item. Whatever else is said is a claim, and needs grounds.
_WORDS = """
a also an and another as be because been both brings by choice could did does enjoy enjoyable find fit fits for from
further gives goes good had has have here if in is it kind like may might mix more next of offer offers
on one ones pick shares similar since so sort speaks suit suits taste that the them these they this those to too
well which will with worth would you your
"""
EMPTY_WORDS = frozenset(_WORDS.split())
# How a topic may be told.
INTO = (r"(?<!\w)you are into {}(?!\w)", r"(?<!\w)goes with {}, which you are into(?!\w)")
# What may only be said where it is so.
CLAIMS: Mapping[str, Callable[[Grounds], bool]] = {
    "It is popular with others too.": lambda grounds: grounds.popular,
    "Not much is known of you yet.": lambda grounds: grounds.few,
    "lately": lambda grounds: grounds.lately,
}


def carried(text: str, grounds: Grounds, shown: Callable[[str], str], nouns: Iterable[str]) -> bool:
    """Whether a reason says nothing beyond its grounds.

    It must say once, in full, what was done with what it cites: `you liked "A" and "B"`, or `"A" and "B", which you
    liked`, titles as `shown`; name no title but the item's beside it, and end in a full stop. What else it says
    may hold the shared facets, that the user is into the topic, the domain's own `nouns`, claims that are true and
    words that state nothing, and no other word: so no name, number, negation, comparison or facet from elsewhere, and
    no stutter.
    """
    said, deeds = _without_deed(text.replace(NAME, "?"), grounds, shown)
    if not text.endswith(".") or deeds != 1 or not set(QUOTED.findall(said)) <= {shown(grounds.item.title)}:
        return False
    said = QUOTED.sub(lambda match: _name(match.start()), said)
    topic = shown(grounds.topic or "")
    for form in INTO if topic else ():
        said = re.sub(form.format(re.escape(topic)), _name(len(text)), said, flags=re.IGNORECASE)
    for claim, holds in CLAIMS.items():
        if holds(grounds):
            said = re.sub(rf"(?<!\w){re.escape(claim)}", " ", said, flags=re.IGNORECASE)
    for number, name in enumerate(sorted(filter(None, map(shown, grounds.facets)), key=len, reverse=True), 1):
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _name(len(text) + number), said, flags=re.IGNORECASE)
    said = BEGINNING.sub(lambda match: match.group().lower(), said)
    words = re.findall(r"[^\s.,;:-]+", said)
    if STUTTER.search(said):
        return False
    return all(word in EMPTY_WORDS or word in nouns or word.startswith(NAME) for word in words)


def _without_deed(text: str, grounds: Grounds, shown: Callable[[str], str]) -> tuple[str, int]:
    """A text without what it says was done, and how often it says so."""
    titles = re.escape('"' + '" and "'.join(shown(one.title) for one in grounds.events).replace(NAME, "?") + '"')
    verb = re.escape(grounds.verb)
    return re.subn(rf"(?<!\w)[Yy]ou {verb} {titles}|{titles}, which you {verb}(?!\w)", _name(0), text)


def _name(number: int) -> str:
    """What stands for a name that was looked up: a word of its own."""
    return f" {NAME}{number} "
