"""What is said of an item: to the sentence encoder, and to a model of what items have in common."""

import pytest

from history.catalogue import Catalogue, facet_values, item_text, split_values
from history.records import Item

FACETS = {"directed_by": "Ridley Scott", "tags": "fun | pixar|fun", "price": "9.90"}


def test_the_words_among_the_facets_are_read() -> None:
    item = Item("1", "Alien", "In space", ("Horror",), 1979, facets=FACETS)
    assert item_text(item) == "Alien (1979). Genres: Horror. Directed by: Ridley Scott. Tags: fun, pixar. In space"


@pytest.mark.parametrize(
    "value",
    ["9.90", "1979-05-25", "tt0114709", "B000FA64PK", "m.0bln8", "https://example.org/alien", '{"w": "wide"}', "", "|"],
)
def test_what_says_nothing_is_not_read(value: str) -> None:
    item = Item("1", "Alien", facets={"x": value})
    assert item_text(item) == "Alien"
    assert facet_values(item) == []


@pytest.mark.parametrize("value", ["PG-13", "sci_fi", "Amélie", "20th Century Fox", "宮崎駿", "Blade Runner 2049"])
def test_what_are_words(value: str) -> None:
    item = Item("1", "A", facets={"x": value})
    assert item_text(item) == f"A. X: {value}"
    assert facet_values(item) == [f"x={value}"]


def test_the_facets_in_a_text_are_few_and_short() -> None:
    many = "|".join(f"{letter}{letter}" for letter in "abcdefghij")
    item = Item("1", "A", facets={"tags": many, "long": "word " * 20, **{f"more {n}": "yes" for n in range(20)}})
    first, tags, long, *more = item_text(item).split(". ")
    assert (first, tags) == ("A", "Tags: aa, bb, cc, dd, ee, ff, gg, hh")
    assert long == "Long: " + ("word " * 20)[:59] + "…"
    assert len(more) == 6
    assert not any(value.startswith("long=") for value in facet_values(item))


def test_entities_enter_no_text_and_no_fingerprint() -> None:
    plain, linked = Item("1", "Alien"), Item("1", "Alien", entities={"actor": "m.scott|weaver"})
    assert item_text(linked) == item_text(plain)
    assert Catalogue([linked]).fingerprint() == Catalogue([plain]).fingerprint()


def test_what_items_may_have_in_common() -> None:
    item = Item("1", "Alien", "In space", ("Horror", "Sci-Fi"), 1979, facets=FACETS, entities={"actor": "m.0w|m.0h"})
    assert facet_values(item) == [
        *("category=Horror", "category=Sci-Fi", "directed_by=Ridley Scott", "tags=fun", "tags=pixar"),
        *("actor=m.0w", "actor=m.0h"),
    ]


def test_values_stand_on_one_line_each() -> None:
    assert split_values(" a \n b |c||a b") == ["a b", "c"]
