"""What users say of their interests: read from plain words, held, and taken back."""

from __future__ import annotations

import numpy as np
import pytest

from interests.corrections import (
    Correction,
    Kind,
    UnknownTopic,
    banned,
    items_obeyed,
    read_corrections,
    read_written,
    topics_obeyed,
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
    p = np.array([0.1, 0.2, 0.2, 0.3, 0.2])
    held: dict[str, Kind] = {"Horror": "ban", "Drama": "more", "Cooking": "ban"}
    found = items_obeyed(p, topics, held)
    assert banned(topics, held).tolist() == [False, True, True, False, False]
    assert found[[1, 2]].tolist() == [0, 0]
    assert found[0] > p[0]
    assert found[3] / found[4] == pytest.approx(p[3] / p[4])
    assert found.sum() == pytest.approx(1)
    assert np.array_equal(items_obeyed(p, topics, {}), p)
    assert not banned(topics, {"Drama": "less"}).any()


@pytest.mark.parametrize(
    ("kind", "wanted"), [("ban", 0.0), ("less", 0.1), ("more", 0.3 + 0.7 / 5), ("pin", 0.3 + 0.7 / 2)]
)
def test_a_topics_share_comes_to_what_is_wanted(kind: Kind, wanted: float) -> None:
    topics = Topics.of_categories([["Drama"], ["Comedy"]])
    for found in (
        items_obeyed(np.array([0.7, 0.3]), topics, {"Comedy": kind}),
        topics_obeyed(np.array([0.3, 0.7]), topics, {"Comedy": kind})[::-1],
    ):
        assert found == pytest.approx([1 - wanted, wanted])


def test_where_all_is_banned_no_item_is_left_and_the_topics_stay() -> None:
    topics = Topics.of_categories([["Drama"], ["Comedy"]])
    held: dict[str, Kind] = {"Drama": "ban", "Comedy": "ban"}
    assert not items_obeyed(np.array([0.4, 0.6]), topics, held).any()
    assert topics_obeyed(np.array([0.4, 0.6]), topics, held).tolist() == [0.4, 0.6]
    assert items_obeyed(np.array([1.0, 0.0]), topics, {"Drama": "less"}).tolist() == [1.0, 0.0]  # there is nothing else
