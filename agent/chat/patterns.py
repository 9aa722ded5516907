"""Patterns made of the words of a language."""

from __future__ import annotations

import re
from collections.abc import Iterable

LETTER = "[0-9a-z]"  # what may not stand right beside a word; scripts without blanks have no such letters
LEFT, RIGHT = f"(?<!{LETTER})", f"(?!{LETTER})"
NOTHING = "(?!)"  # the pattern of no words
BLANK = "\0"  # in the place of characters that were read


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of these words or phrases, the longest first."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in ordered) or NOTHING


def blanked(text: str, start: int, end: int) -> str:
    """A text of the same length in which the characters from `start` to `end` were read."""
    return text[:start] + BLANK * (end - start) + text[end:]
