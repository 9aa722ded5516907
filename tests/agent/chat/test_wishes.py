"""What holds for a conversation, act by act."""

from __future__ import annotations

import pytest

from agent.chat.acts import Act, Wish
from agent.chat.names import Sense
from agent.chat.wishes import Held, after
from agent.chat.years import Span


def kind(name: str, wanted: bool = True) -> Wish:
    return Wish((Sense("category", "category", name),), None, wanted)


def person(name: str, wanted: bool = True) -> Wish:
    return Wish((Sense("facet", "stars", name),), None, wanted)


def years(low: int | None, high: int | None) -> Wish:
    return Wish((), Span(low, high))


COMEDY, NO_HORROR, HANKS, NINETIES = kind("Comedy"), kind("Horror", False), person("Tom Hanks"), years(1990, 1999)
HELD = Held((COMEDY, NO_HORROR, HANKS, NINETIES))


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (Act("refine", drops=True, fields=("year",)), (COMEDY, NO_HORROR, HANKS)),
        (Act("refine", drops=True, fields=("people",)), (COMEDY, NO_HORROR, NINETIES)),
        (Act("refine", drops=True, fields=("all",)), ()),
        (Act("refine", drops=True, wishes=(COMEDY,)), (NO_HORROR, HANKS, NINETIES)),
        (Act("refine", drops=True, wishes=(kind("Comedy", False),)), (NO_HORROR, HANKS, NINETIES)),
        (Act("refine", drops=True, wishes=(kind("Western"),)), HELD.wishes),
        (
            Act("refine", drops=True, fields=("year",), wishes=(person("Cher"),)),
            (COMEDY, NO_HORROR, HANKS, person("Cher")),
        ),
        (
            Act("refine", drops=True, wishes=(COMEDY, kind("War", False))),
            (NO_HORROR, HANKS, NINETIES, kind("War", False)),
        ),
    ],
)
def test_wishes_are_dropped_and_others_are_not(act: Act, left: tuple[Wish, ...]) -> None:
    assert after(HELD, act, (), ()).wishes == left


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ((years(1981, None), years(None, 1989)), Span(1981, 1989)),
        ((years(1980, 1989), years(1990, 1999)), Span(1980, 1999)),
        ((years(None, 1959), years(2000, None)), Span(None, None)),
    ],
)
def test_years_of_one_turn_are_what_they_share_or_all_of_them(said: tuple[Wish, ...], span: Span) -> None:
    assert after(Held(), Act("recommend", wishes=said), (), ()).wishes == (Wish((), span),)


def test_what_is_searched_stays_while_the_list_is_refined() -> None:
    held = after(Held(), Act("search", text="chess"), (), ())
    assert after(held, Act("refine"), (), ("i1",)).text == "chess"
    assert after(held, Act("similar"), ("i1",), ()).text == ""
