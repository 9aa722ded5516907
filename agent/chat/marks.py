"""A turn as a language model reads it: behind each name and number that may stand there is a mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from agent.chat.clauses import Clause
from agent.chat.grammar import ITSELF, Number
from agent.chat.names import Mention
from prompts.segment import clean

LETTERS = {"item": "T", "category": "K", "facet": "N", "years": "Y", "count": "C", "rating": "R", "place": "P"}
BRACKETS = str.maketrans("[]", "()")  # those of a turn are no marks


Found = Mention | Number


@dataclass(frozen=True)
class Marked:
    """One line, "any good westerns [K1] from the fifties [Y1]", the `source` that it was made of, and what is marked.

    The marks of a sort are counted from the left. Pronouns, which may point at anything, have none; that of a year
    right behind a title, as in "Heat (1995)", which tells the title apart, is not shown.
    """

    text: str
    source: str
    found: Mapping[str, Found]

    @classmethod
    def of(cls, text: str, mentions: Sequence[Mention], numbers: Sequence[Number]) -> Marked:
        """A text with marks behind what was found in it."""
        spots: list[Found] = [*mentions, *(one for one in numbers if one.values != (ITSELF,))]
        before: Found | None = None
        counted, parts, last, found = Counter[str](), list[str](), 0, dict[str, Found]()
        for one in sorted(spots, key=lambda spot: spot.start):
            letter = LETTERS[one.what if isinstance(one, Number) else one.senses[0].sort]
            counted[letter] += 1
            mark = f"{letter}{counted[letter]}"
            found[mark] = one
            shown = "" if letter == "Y" and _behind_title(text, one, before) else f" [{mark}]"
            parts += [text[last : one.end].translate(BRACKETS), shown]
            last, before = one.end, one
        return cls(clean("".join((*parts, text[last:].translate(BRACKETS)))), text, found)

    def clause(self, marks: Collection[str], turned_down: Collection[str]) -> Clause:
        """What is marked so, as if it were said by itself."""
        own = {mark: one for mark, one in self.found.items() if mark in marks}
        mentions = tuple(one for one in own.values() if isinstance(one, Mention))
        numbers = tuple(one for one in own.values() if isinstance(one, Number))
        negated = frozenset(one.start for mark, one in own.items() if mark in turned_down)
        return Clause(self.source, 0, mentions, numbers, negated)


def _behind_title(text: str, one: Found, before: Found | None) -> bool:
    """Whether nothing but signs stands between a title and what follows it."""
    titled = isinstance(before, Mention) and before.senses[0].sort == "item"
    return bool(titled and before and not any(map(str.isalnum, text[before.end : one.start])))
