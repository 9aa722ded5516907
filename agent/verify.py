"""Holds a reason against its evidence: every name and number in the text must be carried by it."""

from __future__ import annotations

import re
from collections.abc import Iterable

NEGATION = re.compile(r"\b(?:not|no|never|nor|without|hardly|unlike|\w+n['’]t)\b", re.IGNORECASE)
FIRST_WORD = "Because"


def carried(text: str, title: str, cited: Iterable[str], shared: Iterable[str], known_facets: Iterable[str]) -> bool:
    """Whether a sentence says nothing beyond its evidence.

    It must name a cited title before the recommended one, end in a full stop, and hold no other capitalised word, no
    digit, no quotation, no negation and no facet of the catalogue that is not among the shared ones.
    """
    cited, shared = list(cited), list(shared)
    named = [place for name in cited if (place := text.find(name)) >= 0]
    recommended = text.find(title)
    if not named or not text.endswith(".") or 0 <= recommended < min(named):
        return False
    rest = _without(text.removeprefix(FIRST_WORD), [*cited, title])
    if text.count(title) > 1 or any(text.count(name) > 1 for name in cited if name not in title):
        return False
    facets_left = _without(rest.casefold(), [name.casefold() for name in shared])
    claims = any(re.search(rf"\b{re.escape(name.casefold())}\b", facets_left) for name in known_facets if name)
    plain = _without(rest, shared)
    return not (claims or NEGATION.search(plain) or re.search(r'[\d"“”]|\b[^\W\d_a-zß-ÿ]\w*', _unquoted(plain)))


def _without(text: str, names: Iterable[str]) -> str:
    """The text with each name blanked out, the longest first: "Aliens" before "Alien"."""
    for name in sorted((name for name in names if name), key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "\0", text)
    return text


def _unquoted(text: str) -> str:
    """The quotes around names that were blanked out, removed: those are ours."""
    return text.replace('"\0"', "").replace("“\0”", "")
