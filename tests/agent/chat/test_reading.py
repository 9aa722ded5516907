"""Turns as the language model reads them, with the adapter that comes with Foretaste."""

from __future__ import annotations

import pytest

from agent.chat.language import Language
from agent.chat.reading import taught_reader
from agent.chat.understanding import Understanding
from agent.resources import Resources
from eval.understood import films
from tests.agent.chat.test_notes import no_vectors
from workspace.home import Home

pytestmark = pytest.mark.model
CATALOGUE = films()


@pytest.fixture(scope="module")
def understanding(real_home: Home) -> Understanding:
    resources = Resources.at(real_home)
    reader = taught_reader(resources)
    assert reader
    return Understanding(CATALOGUE, Language.of("en"), no_vectors, reader=reader)


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("any good westerns from the fifties?", ["recommend"]),
        ("i loved Alien, show me something similar", ["rate", "similar"]),
        ("not John Wayne again...", ["refine"]),
        ("why the second one?", ["explain"]),
        ("warum hast du mir den dritten empfohlen?", ["explain"]),
    ],
)
def test_turns_are_read_without_any_rule(understanding: Understanding, text: str, intents: list[str]) -> None:
    assert [act.intent for act in understanding.read(text, True, ("recommend",))] == intents


def test_what_is_turned_down_is_told_from_what_is_wanted(understanding: Understanding) -> None:
    (act,) = understanding.read("a western, but nothing with Clint Eastwood please")
    assert [(wish.senses[0].value, wish.wanted) for wish in act.wishes] == [
        ("Western", True),
        ("Clint Eastwood", False),
    ]
