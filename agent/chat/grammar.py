"""The small grammar of numbers: years, how many, ratings, and places in a shown list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from agent.chat.language import Language, plain
from agent.chat.patterns import LEFT, LETTER, RIGHT, any_of, blanked
from agent.chat.years import Span, YearReader

What = Literal["years", "count", "rating", "place"]
ITSELF = 0  # the place that "it" and "that one" name: what was spoken of last
STARS, TOP = 5.0, 10.0  # the tops of ratings that name none
MOST = 100  # items that somebody may ask for at once


@dataclass(frozen=True, slots=True)
class Number:
    """Something that was read, by the places of its characters: a span of years, how many, a rating, or places.

    The `values` of a rating are itself and the top of its scale.
    """

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
        self._year_reader = YearReader(language)

    def read(self, text: str, taken: Sequence[tuple[int, int]] = ()) -> list[Number]:
        """All numbers in a text, from left to right; what lies within `taken`, characters of names, is none."""
        lowered = "".join(plain(letter) if len(plain(letter)) == 1 else letter for letter in text)
        for start, end in taken:
            lowered = blanked(lowered, start, end)
        found: list[Number] = []
        for read in (self._years, self._ratings, self._places, self._counts):
            new = list(read(lowered))
            found += new
            for one in new:
                lowered = blanked(lowered, one.start, one.end)
        return sorted(found, key=lambda one: one.start)

    def _years(self, text: str) -> Iterator[Number]:
        for start, end, span in self._year_reader.read(text):
            yield Number(start, end, "years", span)

    def _ratings(self, text: str) -> Iterator[Number]:
        """Such as "4 stars", "7/10", "eight out of ten", "rate it 8", and a bare number behind a name."""
        number = rf"(\d+(?:[.,]5)?|{self._numerals})"
        rest = r"(?:[^\d.,;!?]{0,30}\s+)?(?:an?\s+)?"
        shapes = {
            "scaled": rf"{LEFT}{number}\s*(?:/|out of)\s*{number}{RIGHT}",
            "stars": rf"{LEFT}{number}\s*-?\s*(?:stars?|{self._said('ratings', 'unit')}){RIGHT}",
            "told": rf"{LEFT}(?:{self._said('ratings', 'before')})\s+{rest}{number}{RIGHT}",
            "named": r"\0(?::\s*|\s+(?=[5-9]|10))(\d+(?:[.,]5)?)(?=\s*(?:[^\w\s]|$))",  # "Alien 2" is a title
        }
        for name, shape in shapes.items():
            for match in re.finditer(shape, text):
                value = self._value(match[1])
                scale = self._value(match[2]) if name == "scaled" else STARS if value <= STARS else TOP
                of_something = name != "told" or "\0" in match[0] or " it " in match[0]
                if 0 <= value <= scale and scale and of_something:
                    yield Number(*match.span(), "rating", values=(value, scale))

    def _places(self, text: str) -> Iterator[Number]:
        """Such as "number 3", "the second one", "the first two", "the last", "it"."""
        number, ordinal = rf"(\d+|{self._numerals})", f"({any_of(self._ordinals)})"
        thing = rf"(?:\s+(?:{self._said('references', 'things')}))?"
        other = rf"\s+(?:{self._said('references', 'others')})"
        for match in re.finditer(rf"{LEFT}(?:the\s+)(first|last)\s+({self._numerals}|\d+){RIGHT}", text):
            count = int(self._value(match[2]))
            if 1 < count <= MOST:
                values = range(1, count + 1) if match[1] == "first" else range(-count, 0)
                yield Number(*match.span(), "place", values=tuple(map(float, values)))
                text = blanked(text, *match.span())
        for shape in (
            rf"(?:^|,\s*)(\d{{1,2}})(?=\s+(?:{any_of(self._language.words('verbs'))}){RIGHT})",
            rf"{LEFT}(?:(?:{self._said('references', 'number')})\s*|#\s*){number}{RIGHT}",
            rf"{LEFT}(?:the\s+|your\s+|my\s+)?{ordinal}{thing}(?!{LETTER}|{other})",
        ):
            for match in re.finditer(shape, text):
                value = self._ordinals.get(match[1], 0) or self._value(match[1])
                yield Number(*match.span(), "place", values=(float(value),))
                text = blanked(text, *match.span())
        pronouns, pointers = (any_of(self._language.words(name)) for name in ("pronouns", "pointers"))
        for match in re.finditer(rf"(?<![\w\0])(?:(?:{pronouns}){RIGHT}|(?:{pointers})(?=\s*(?:[^\w\s]|$)))", text):
            yield Number(*match.span(), "place", values=(float(ITSELF),))

    def _counts(self, text: str) -> Iterator[Number]:
        """How many; the first number that is asked for counts."""
        number = rf"(\d{{1,3}}|{self._numerals})"
        filler = rf"(?:(?:{self._said('counts', 'filler')})\s+)*"
        several = number.replace("|one|", "|")  # "one that is old" counts nothing
        named = rf"\0+|(?:{self._said('counts', 'after')}){RIGHT}"
        other = rf"\s*(?:{self._said('counts', 'others')})"
        for shape in (
            rf"{LEFT}{several}{RIGHT}\s*{filler}(?:[\w\0'-]+\s+){{0,2}}?(?:{named})",
            rf"{LEFT}(?:{self._said('counts', 'before')})\s*{filler}{number}(?!{LETTER}|{other})",
        ):
            for match in re.finditer(shape, text):
                if 0 < (value := self._value(match[1])) <= MOST:
                    yield Number(*match.span(1), "count", values=(value,))
                    return

    def _value(self, word: str) -> float:
        return float(word.replace(",", ".")) if word[0].isdigit() else float(self._number.get(word, 0))

    @cached_property
    def _numerals(self) -> str:
        return any_of(self._number)

    def _said(self, table: str, name: str) -> str:
        return any_of(self._language.lists(table).get(name, ()))
