"""Holds a reason against its evidence: every name and number in the text must be carried by it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

NEGATION = re.compile(r"\b(?:not|no|never|nor|without|hardly|unlike|\w+n['’]t)\b", re.IGNORECASE)
NAME_OR_NUMBER = re.compile(r'[\d"“”]|\b[^\W\d_a-zß-ÿ]\w*')
BLANK = "\0"
STUTTER = re.compile(r"\b(\w+)\b(?:\W+\w+){0,3}\W+\1\b(?:\W+\w+){0,3}\W+\1\b|\b(\w+)\W+\2\b", re.IGNORECASE)


def carried(
    text: str, lead: str, title: str, cited: Sequence[str], shared: Iterable[str], facets: Iterable[str]
) -> bool:
    """Whether a sentence says nothing beyond its evidence.

    It must begin with `lead`, which names the cited titles; go on to name the recommended title once, and end in a full
    stop. What is left may hold no capitalised word, digit, quotation or negation, no facet of the catalogue that is not
    among the shared ones, and no stutter.
    """
    said = text.removeprefix(lead)
    if said == text or not said.endswith("."):
        return False
    named = _without(said, [title])
    if named.count(BLANK) != 1 or any(name in said for name in cited if name not in title):
        return False
    plain = _without(named, shared)
    claims = any(re.search(rf"\b{re.escape(name)}\b", plain, re.IGNORECASE) for name in facets if name)
    return not (claims or any(pattern.search(plain) for pattern in (NEGATION, NAME_OR_NUMBER, STUTTER)))


def _without(text: str, names: Iterable[str]) -> str:
    """The text with each name blanked out, its quotes too; the longest first: "Aliens" before "Alien"."""
    for name in sorted((name for name in names if name), key=len, reverse=True):
        text = re.sub(rf'(?<!\w)(["“]?){re.escape(name)}(["”]?)(?!\w)', BLANK, text, flags=re.IGNORECASE)
    return text
