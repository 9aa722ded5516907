"""Holds a reason against its evidence: whatever claims something must be carried by it."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHORTEST = 3
STUTTER = re.compile(r"\b(\w+)\b(?:\W+\w+){0,3}\W+\1\b(?:\W+\w+){0,3}\W+\1\b|\b(\w+)\W+\2\b", re.IGNORECASE)

# Words that praise or join but state no fact of an item. Whatever else a model writes is a claim, and needs evidence.
_WORDS = """
a also an and another be brings choice could enjoy enjoyable find fit fits for from further gives good great has have if
in is it kind like makes may might mix more of offer offers on one ones pick similar so sort suit suits taste than that
the them these they this those to too well which will with worth would you your
"""
EMPTY_WORDS = frozenset(_WORDS.split())


def carried(text: str, lead: str, shared: Iterable[str], nouns: Iterable[str]) -> bool:
    """Whether a sentence says nothing beyond its evidence.

    It must begin with `lead`, which holds every title there is to name, say something more and end in a full stop. What
    it says may hold the facets that item and evidence share, the domain's own `nouns`, words that state nothing, and no
    other word: so no name, number, negation or facet from elsewhere, and no stutter.
    """
    said = text.removeprefix(lead)
    if said == text or not said.endswith(".") or len(said.split()) < SHORTEST or STUTTER.search(said):
        return False
    for name in sorted(shared, key=len, reverse=True):
        said = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", said, flags=re.IGNORECASE)
    words = re.findall(r"[^\s.,;:-]+", said)
    return all(word in EMPTY_WORDS or word in nouns for word in words)
