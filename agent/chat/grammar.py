"""The small grammar of numbers: years and spans of years, how many, ratings, and places in a shown list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from agent.chat.language import Language, plain

What = Literal["years", "count", "rating", "place"]
ITSELF = 0  # the place that "it" and "that one" name: what was spoken of last
SPOKEN = 1930  # decades of two digits, "the 30s", are of the hundred years that begin here
EARLY, MID, LATE = (0, 3), (4, 6), (7, 9)  # years of a decade
TOP = 10  # of ratings that name no scale and exceed five


@dataclass(frozen=True, slots=True)
class Span:
    """Years from `low` to `high`, both among them; None where there is no end."""

    low: int | None
    high: int | None

    def holds(self, year: int | None) -> bool:
        """Whether a year is among them; an unknown one is not."""
        return year is not None and (self.low or year) <= year <= (self.high or year)


@dataclass(frozen=True, slots=True)
class Number:
    """Something that was read, by the places of its characters: a span of years, how many, a share of 1, or places."""

    start: int
    end: int
    what: What
    years: Span = Span(None, None)
    values: tuple[float, ...] = ()


class Grammar:
    """Reads the numbers of one language."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._number = language.numbers("numbers")
        self._ordinals = language.numbers("ordinals")
        self._decades = language.numbers("decades")

    def read(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Number]:
        """All numbers in a text, from left to right; what lies within `taken`, characters of names, is none."""
        lowered = "".join(plain(letter) if len(plain(letter)) == 1 else letter for letter in text)
        for start, end in taken:
            lowered = lowered[:start] + "\0" * (end - start) + lowered[end:]
        found: list[Number] = []
        for read in (self._years, self._ratings, self._places, self._counts):
            for one in read(lowered):
                found.append(one)
                lowered = lowered[: one.start] + "\0" * (one.end - one.start) + lowered[one.end :]
        return sorted(found, key=lambda one: one.start)

    def _years(self, text: str) -> Iterator[Number]:
        said = self._said
        one = self._year
        shapes = [
            (rf"(?:{said('years', 'between')})\s+{one}\s*(?:{said('years', 'and')}|-|–)\s*{one}", self._between),
            (rf"{one}\s*[-–]\s*{one}", self._between),
            (rf"(?:{said('years', 'before')})[\s-]*(?:the\s+)?{one}", self._before),
            (rf"(?:{said('years', 'until')})\s+(?:the\s+)?{one}", self._until),
            (rf"(?:{said('years', 'after')})[\s-]*(?:the\s+)?{one}", self._after),
            (rf"(?:since)\s+(?:the\s+)?{one}|from\s+(?:the\s+)?{one}\s+(?:{said('years', 'onwards')})\b", self._since),
            (one, self._alone),
        ]
        for shape, span in shapes:
            for match in re.finditer(rf"(?<!\w){shape}", text):
                spans = [self._span(part) for part in re.finditer(one, match[0])]
                if spans:
                    yield Number(match.start(), match.end(), "years", span(spans))
                    text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]

    @cached_property
    def _year(self) -> str:
        """A year or a decade, "1994", "the late 90s", as a pattern without groups."""
        parts = "|".join(re.escape(word) for name in ("early", "mid", "late") for word in self._longest("years", name))
        words = "|".join(self._decades)
        decade = rf"(?:(?:18|19|20)\d0'?s|'?\d0'?s|(?:nineteen\s+)?(?:{words}))(?!\w)"
        return rf"(?:(?:(?:the\s+)?(?:{parts})[\s-]+(?:the\s+)?)?(?:the\s+)?{decade}|(?:18|19|20)\d\d(?!\w|%))"

    def _span(self, match: re.Match[str]) -> Span:
        told = match[0]
        whole = re.search(r"(?:18|19|20)\d\d", told)
        if whole and not re.search(r"\d'?s\b", told):
            return Span(int(whole[0]), int(whole[0]))
        short = re.search(r"\d0", told)
        word = next((value for name, value in self._decades.items() if name in told), None)
        first = int(whole[0]) if whole else _century(word if word is not None else int(short[0]) if short else 0)
        inside = next(
            (part for name, part in self._parts() if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told)), (0, 9)
        )
        return Span(first + inside[0], first + inside[1])

    def _parts(self) -> Iterator[tuple[str, tuple[int, int]]]:
        for name, part in (("early", EARLY), ("mid", MID), ("late", LATE)):
            yield from ((word, part) for word in self._longest("years", name))

    @staticmethod
    def _between(spans: Sequence[Span]) -> Span:
        return Span(spans[0].low, spans[-1].high)

    @staticmethod
    def _before(spans: Sequence[Span]) -> Span:
        return Span(None, (spans[0].low or 0) - 1)

    @staticmethod
    def _until(spans: Sequence[Span]) -> Span:
        return Span(None, spans[0].high)

    @staticmethod
    def _after(spans: Sequence[Span]) -> Span:
        return Span((spans[0].high or 0) + 1, None)

    @staticmethod
    def _since(spans: Sequence[Span]) -> Span:
        return Span(spans[0].low, None)

    @staticmethod
    def _alone(spans: Sequence[Span]) -> Span:
        return spans[0]

    def _ratings(self, text: str) -> Iterator[Number]:
        """ "4 stars", "7/10", "eight out of ten", "rate it 8": as a share of 1."""
        number = rf"(\d+(?:[.,]5)?|{self._numerals})"
        scaled = rf"(?<!\w){number}\s*(?:/|out of)\s*{number}(?!\w)"
        stars = rf"(?<!\w){number}\s*-?\s*stars?(?!\w)"
        told = rf"(?<!\w)(?:{self._said('ratings', 'before')})\s+(?:[^\d.,;!?]{{0,30}}\s+)?(?:an?\s+)?{number}(?!\w)"
        after_name = rf"\0:?\s+{number}(?=\s*(?:[^\w\s]|$))"
        for shape in (scaled, stars, told, after_name):
            for match in re.finditer(shape, text):
                value = self._value(match[1])
                scale = self._value(match[2]) if shape is scaled else 5.0 if value <= 5 else float(TOP)
                if (
                    0 <= value <= scale
                    and scale
                    and not (shape is told and "\0" not in match[0] and " it " not in f" {match[0]} ")
                ):
                    yield Number(match.start(), match.end(), "rating", values=(value, scale))

    def _places(self, text: str) -> Iterator[Number]:
        """ "number 3", "the second one", "the first two", "the last", "it"."""
        number, ordinal = rf"(\d+|{self._numerals})", f"({self._longest_of(self._ordinals)})"
        named = rf"(?<!\w)(?:(?:{self._said('references', 'number')})\s*|#\s*){number}(?!\w)"
        several = rf"(?<!\w)(?:the\s+)(first|last)\s+({self._numerals}|\d+)(?!\w)"
        thing = r"(?:\s+(?:one|film|movie|two|item|book|suggestion|pick|option|choice|recommendation))?"
        other = r"\s+(?:rating|time|thing|remark|change|week|night|year|month)"
        placed = rf"(?<!\w)(?:the\s+|your\s+|my\s+)?{ordinal}{thing}(?!\w|{other})"
        for match in re.finditer(several, text):
            count = int(self._value(match[2]))
            if 1 < count <= 50:
                values = range(1, count + 1) if match[1] == "first" else range(-count, 0)
                yield Number(match.start(), match.end(), "place", values=tuple(map(float, values)))
                text = text[: match.start()] + "\0" * len(match[0]) + text[match.end() :]
        for shape in (named, placed):
            for match in re.finditer(shape, text):
                value = self._ordinals.get(match[1], 0) or self._value(match[1])
                yield Number(match.start(), match.end(), "place", values=(float(value),))
        words = {name: "|".join(map(re.escape, self._language.words(name))) for name in ("pronouns", "pointers")}
        shape = rf"(?:{words['pronouns']})(?!\w)|(?:{words['pointers']})(?=\s*(?:[^\w\s]|$))"
        for match in re.finditer(rf"(?<![\w\0])(?:{shape})", text):
            yield Number(match.start(), match.end(), "place", values=(float(ITSELF),))

    def _counts(self, text: str) -> Iterator[Number]:
        number = rf"(\d{{1,3}}|{self._numerals})"
        filler = rf"(?:(?:{self._said('counts', 'filler')})\s+)*"
        before = rf"(?<!\w)(?:{self._said('counts', 'before')})\s+{filler}{number}(?!\w|\s*(?:year|hour|minute|star))"
        several = number.replace("|one|", "|")  # "one that is old" counts nothing
        named = rf"\0+|(?:{self._said('counts', 'after')})(?!\w)"
        after = rf"(?<!\w){several}\s+{filler}(?:[\w\0'-]+\s+){{0,2}}?(?:{named})"
        for shape in (after, before):
            for match in re.finditer(shape, text):
                value = self._value(match[1])
                if 0 < value <= 100:
                    yield Number(match.start(1), match.end(1), "count", values=(value,))
                    return

    def _value(self, word: str) -> float:
        return float(word.replace(",", ".")) if word[0].isdigit() else float(self._number.get(word, 0))

    @cached_property
    def _numerals(self) -> str:
        return self._longest_of(self._number)

    def _longest_of(self, table: dict[str, int] | object) -> str:
        assert hasattr(table, "__iter__")
        return "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))

    def _longest(self, table: str, name: str) -> list[str]:
        words = self._language.lists(table).get(name, [])
        return sorted(words, key=len, reverse=True)

    def _said(self, table: str, name: str) -> str:
        return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in self._longest(table, name))


def _century(decade: int) -> int:
    """The first year of a decade of two digits: "the 30s" began in 1930, "the 20s" in 2020."""
    return SPOKEN + (decade - SPOKEN) % 100
