"""Years and spans of years: "from 1994", "the late eighties", "older than 1970", "between 1960 and 1975"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from agent.chat.language import Language
from agent.chat.patterns import LEFT, LETTER, RIGHT, any_of, blanked

SPOKEN = 1930  # decades of two digits, "the 30s", are of the hundred years that begin here
PARTS = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}  # years of a decade


@dataclass(frozen=True, slots=True)
class Span:
    """Years from `low` to `high`, both among them; None where there is no end."""

    low: int | None
    high: int | None

    def holds(self, year: int | None) -> bool:
        """Whether a year is among them; an unknown one is not."""
        return year is not None and (self.low or year) <= year <= (self.high or year)


Bound = Callable[[Sequence[Span]], Span]
# What is meant by years with a word before or behind them.
BOUNDS: dict[str, Bound] = {
    "before": lambda spans: Span(None, (spans[0].low or 0) - 1),
    "until": lambda spans: Span(None, spans[0].high),
    "after": lambda spans: Span((spans[0].high or 0) + 1, None),
    "since": lambda spans: Span(spans[0].low, None),
}


class YearReader:
    """Reads the years of one language."""

    def __init__(self, language: Language) -> None:
        self._words = language.lists("years")
        self._decades = language.numbers("decades")

    def read(self, text: str) -> Iterator[tuple[int, int, Span]]:
        """Spans of years in a text of small letters, with the places of their characters."""
        for shape, bound in self._shapes:
            for match in re.finditer(rf"{LEFT}(?:{shape})", text):
                spans = [self._span(part[0]) for part in re.finditer(self._year, match[0])]
                if spans:
                    yield *match.span(), bound(spans)
                    text = blanked(text, *match.span())

    @cached_property
    def _shapes(self) -> list[tuple[str, Bound]]:
        """How years are told, the longest forms first."""
        one, said = self._year, self._said
        both: Bound = lambda spans: Span(spans[0].low, spans[-1].high)  # noqa: E731
        found = [
            (rf"(?:{said('between')})\s+{one}\s*(?:{said('and')}|-|–)\s*{one}", both),
            (rf"{one}\s*[-–]\s*{one}", both),
            (rf"(?:{said('between')}|{said('since')})\s+(?:the\s+)?{one}\s+(?:{said('onwards')})", BOUNDS["since"]),
        ]
        found += [(rf"(?:{said(name)})[\s-]*(?:the\s+)?{one}", bound) for name, bound in BOUNDS.items()]
        found += [(rf"{one}\s*(?:{said(f'{name}_suffix')})", bound) for name, bound in BOUNDS.items()]
        return [*found, (one, lambda spans: spans[0])]

    @cached_property
    def _year(self) -> str:
        """A year or a decade, "1994", "the late 90s", as a pattern without groups."""
        ends = rf"(?:'?s|{self._said('decade')})"
        decade = rf"(?:(?:18|19|20)\d0{ends}|'?\d0{ends}|(?:nineteen\s+)?(?:{any_of(self._decades)})){RIGHT}"
        part = rf"(?:(?:the\s+)?(?:{any_of(self._parts)})[\s-]+(?:the\s+)?)?"
        year = rf"(?:18|19|20)\d\d(?:{self._said('unit')})?(?!{LETTER}|%)"
        return rf"(?:{part}(?:the\s+)?{decade}|{year})"

    @cached_property
    def _parts(self) -> dict[str, tuple[int, int]]:
        """Words for a part of a decade, and its years."""
        return {word: years for name, years in PARTS.items() for word in self._words.get(name, ())}

    def _span(self, told: str) -> Span:
        whole = re.search(r"(?:18|19|20)\d\d", told)
        if whole and not re.search(rf"\d(?:'?s\b|{self._said('decade')})", told):
            return Span(int(whole[0]), int(whole[0]))
        word = next((value for name, value in self._decades.items() if name in told), None)
        short = re.search(r"\d0", told)
        first = int(whole[0]) if whole else _century(word if word is not None else int(short[0]) if short else 0)
        parts = (years for name, years in self._parts.items() if re.search(rf"{LEFT}{re.escape(name)}{RIGHT}", told))
        low, high = next(parts, (0, 9))
        return Span(first + low, first + high)

    def _said(self, name: str) -> str:
        return any_of(self._words.get(name, ()))


def _century(decade: int) -> int:
    """The first year of a decade of two digits: "the 30s" began in 1930, "the 20s" in 2020."""
    return SPOKEN + (decade - SPOKEN) % 100
