"""What users say of their interests: read from plain words, held, and taken back."""

from __future__ import annotations

import numpy as np
import pytest

from interests.corrections import (
    Correction,
    UnknownTopic,
    factors,
    item_factors,
    read_corrections,
    read_written,
    written,
)
from interests.topics import Topics

NAMES = ("Action", "Animation", "Children's", "Comedy", "Drama", "Film-Noir", "Horror", "Sci-Fi", "War", "Western")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no horror", [("ban", "Horror")]),
        ("No more Westerns!", [("ban", "Western")]),
        ("more comedies, less drama", [("more", "Comedy"), ("less", "Drama")]),
        ("never horror or war", [("ban", "Horror"), ("ban", "War")]),
        ("I love sci fi and animation; hide war", [("more", "Sci-Fi"), ("more", "Animation"), ("ban", "War")]),
        (
            "mostly drama; lately film noir; little horror",
            [("pin", "Drama"), ("more", "Film-Noir"), ("less", "Horror")],
        ),
        ("take back horror", [("back", "Horror")]),
        ("forget what I said about childrens", [("back", "Children's")]),
        ("not so much action", [("less", "Action")]),
        ("pin actoin", [("pin", "Action")]),
    ],
)
def test_plain_words_are_corrections(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.kind, one.topic) for one in read_corrections(text, NAMES)] == expected


@pytest.mark.parametrize("text", ["", " , ;", "no cooking shows", "horror", "more", "🙂"])
def test_words_that_name_no_topic_are_told_with_the_nearest(text: str) -> None:
    with pytest.raises(UnknownTopic) as caught:
        read_corrections(text, NAMES)
    assert set(caught.value.nearest) <= set(NAMES)


def test_the_last_word_on_a_topic_holds_until_it_is_taken_back() -> None:
    said = [Correction("more", "Drama"), Correction("ban", "Horror"), Correction("less", "Drama")]
    texts = [written(one) for one in said]
    assert read_written(texts) == {"Horror": "ban", "Drama": "less"}
    assert read_written([*texts, written(Correction("back", "Horror"))]) == {"Drama": "less"}
    assert read_written(["something else", "odd: Drama", ""]) == {}


def test_items_of_a_banned_topic_are_gone_and_others_become_likelier() -> None:
    topics = Topics.of_categories([["Drama"], ["Horror"], ["Drama", "Horror"], ["Comedy"], []])
    found = item_factors(topics, {"Horror": "ban", "Drama": "more", "Cooking": "ban"})
    assert found[[1, 2]].tolist() == [0, 0]
    assert found[0] > 1
    assert found[[3, 4]] == pytest.approx([1, 1])
    assert factors(topics, {"Horror": "ban"}) == pytest.approx([1, 1, 0])
    assert np.array_equal(item_factors(topics, {}), np.ones(5))
