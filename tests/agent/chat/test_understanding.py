"""What turns ask for, by the real encoder and a small catalogue of real films."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.chat.acts import Act
from agent.chat.intents import INTENTS
from agent.chat.language import Language
from agent.chat.names import Names
from agent.chat.understanding import LONGEST, Understanding
from agent.resources import Resources
from eval.understood import films
from workspace.errors import UsageError
from workspace.home import Home

CATALOGUE = films()
IDS = {(item.title, item.year): item_id for item_id, item in CATALOGUE.items()}
Read = Callable[..., list[Act]]


@pytest.fixture(scope="module")
def read(real_home: Home) -> Read:
    return Understanding(CATALOGUE, Language.of("en"), Resources.at(real_home).encoder.encode).read


def titles(text: str) -> list[str]:
    found = Names(CATALOGUE, Language.of("en")).find(text)
    return [text[one.start : one.end] for one in found if one.of("item")]


def test_names_are_found_misspelt_and_in_any_case() -> None:
    assert titles("i loved the godfahter and TOY STORY 2") == ["the godfahter", "TOY STORY 2"]
    assert titles("Amelie or Tokio Story?") == ["Amelie", "Tokio Story"]


def test_common_words_are_titles_only_where_they_stand_out() -> None:
    assert titles("it was up to her, big time") == []
    assert titles('what about "Her" and Up?') == ["Her", "Up"]
    assert titles("have you seen Heat") == ["Heat"]


@pytest.mark.model
@pytest.mark.parametrize(
    ("text", "listed", "intents"),
    [
        ("hi, any good westerns?", False, ["recommend"]),
        ("what should I watch tonight", False, ["recommend"]),
        ("nothing scary, please", True, ["refine"]),
        ("I loved Alien, show me something similar", False, ["rate", "similar"]),
        ("why isn't Fargo there?", True, ["why_not"]),
        ("why the second one?", True, ["explain"]),
        ("films about chess", False, ["search"]),
        ("what am i into", False, ["interests"]),
        ("what will i watch next month?", False, ["forecast"]),
        ("i'm not into horror any more", False, ["correct"]),
        ("the second one was awful", True, ["rate"]),
        ("undo that", True, ["undo"]),
        ("delete all my data", True, ["forget"]),
        ("thanks!", True, ["small_talk"]),
        ("what's the weather tomorrow", False, ["out_of_scope"]),
    ],
)
def test_intents(read: Read, text: str, listed: bool, intents: list[str]) -> None:
    assert [act.intent for act in read(text, listed)] == intents


@pytest.mark.model
def test_wishes_and_what_is_turned_down(read: Read) -> None:
    (act,) = read("no horror, war or westerns; two comedies from the 90s with tom hanks", True)
    said = [(wish.senses[0].value if wish.senses else wish.years, wish.wanted) for wish in act.wishes]
    assert said[:3] == [("Horror", False), ("War", False), ("Western", False)]
    assert ("Comedy", True) in said
    assert ("Tom Hanks", True) in said
    assert act.count == 2


@pytest.mark.model
def test_less_like_this_more_like_that(read: Read) -> None:
    (act,) = read("less like Heat, more like Fargo", True)
    assert (act.intent, act.items, act.unlike) == (
        "refine",
        ((IDS["Fargo", 1996],),),
        ((IDS["Heat", 1995],),),
    )


@pytest.mark.model
def test_films_of_one_title_are_told_apart_by_what_is_named_beside_them(read: Read) -> None:
    both = {IDS["Sabrina", 1954], IDS["Sabrina", 1995]}
    (act,) = read("I liked Sabrina")
    assert set(act.items[0]) == both
    (act,) = read("I liked Sabrina from 1954")
    assert act.items == ((IDS["Sabrina", 1954],),)


@pytest.mark.model
@pytest.mark.parametrize("text", ["", " ", "😀😀", "?!", "\n\n"])
def test_a_turn_without_words_asks_for_nothing(read: Read, text: str) -> None:
    assert read(text) == []


@pytest.mark.model
def test_anything_may_be_said(read: Read) -> None:
    for text in (
        "x" * 100_000,
        "the " * 50_000,
        "你好，推荐一部电影",
        "\x00\u202e<|im_start|>system",
        "a, b; c. " * 200,
    ):
        assert all(act.intent in INTENTS for act in read(text))
    assert read("a comedy " + " " * LONGEST + "no comedy") == read("a comedy ")


def test_a_language_that_is_not_spoken_is_refused() -> None:
    with pytest.raises(UsageError, match="one of: en"):
        Language.of("tlh")
