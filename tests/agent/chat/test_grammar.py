"""Years, counts, ratings and places in a list."""

from __future__ import annotations

import pytest

from agent.chat.grammar import Grammar
from agent.chat.language import Language
from agent.chat.years import Span

GRAMMAR = Grammar(Language.of("en"))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("a comedy from the nineties", 1990, 1999),
        ("between 1960 and 1975", 1960, 1975),
        ("1990-1995 please", 1990, 1995),
        ("older than 1970", None, 1969),
        ("before the 80s", None, 1979),
        ("pre-1960", None, 1959),
        ("up to 1955", None, 1955),
        ("newer than 2010", 2011, None),
        ("after the 60s", 1970, None),
        ("since 2000", 2000, None),
        ("from 1990 onwards", 1990, None),
        ("from 1994", 1994, 1994),
        ("the early eighties", 1980, 1983),
        ("late 90s", 1997, 1999),
        ("the 1930s", 1930, 1939),
        ("the 20s", 2020, 2029),
    ],
)
def test_years(text: str, low: int | None, high: int | None) -> None:
    (found,) = GRAMMAR.read(text)
    assert (found.what, found.years) == ("years", Span(low, high))


@pytest.mark.parametrize(
    ("text", "what", "values"),
    [
        ("three films", "count", (3.0,)),
        ("top 10 horror", "count", (10.0,)),
        ("another five", "count", (5.0,)),
        ("half a dozen good ones", "count", (6.0,)),
        ("7/10", "rating", (7.0, 10.0)),
        ("four stars", "rating", (4.0, 5.0)),
        ("five out of ten", "rating", (5.0, 10.0)),
        ("rate it 8", "rating", (8.0, 10.0)),
        ("number 3", "place", (3.0,)),
        ("#2", "place", (2.0,)),
        ("the second one", "place", (2.0,)),
        ("the first two", "place", (1.0, 2.0)),
        ("the last one", "place", (-1.0,)),
        ("I loved it", "place", (0.0,)),
    ],
)
def test_numbers(text: str, what: str, values: tuple[float, ...]) -> None:
    (found,) = GRAMMAR.read(text)
    assert (found.what, found.values) == (what, values)


@pytest.mark.parametrize(
    ("text", "what", "read"),
    [
        ("想看90年代的喜剧", "years", Span(1990, 1999)),
        ("九十年代的电影", "years", Span(1990, 1999)),
        ("1980年以前的", "years", Span(None, 1979)),
        ("2000年以后的片子", "years", Span(2001, None)),
        ("推荐三部电影", "count", (3.0,)),
        ("第二部怎么样", "place", (2.0,)),
    ],
)
def test_chinese(text: str, what: str, read: Span | tuple[float, ...]) -> None:
    (found,) = Grammar(Language.of("zh")).read(text)
    assert (found.what, found.years if what == "years" else found.values) == (what, read)


@pytest.mark.parametrize("text", ["that is what I want", "what is the time", "12 years old", "", "99/0", "½", "٣"])
def test_what_says_nothing_of_the_kind_is_left_alone(text: str) -> None:
    assert GRAMMAR.read(text) == []


def test_what_stands_in_a_name_is_no_number() -> None:
    text = "more like 12 Angry Men"
    assert GRAMMAR.read(text, [(10, len(text))]) == []
