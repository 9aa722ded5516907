from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from agent.fit import fit
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from agent.search import LONGEST, SearchAnswer, search
from history.records import Event
from history.timeline import Timeline
from retrieval.index import ItemIndex
from tests.conftest import FakeEncoder
from workspace.errors import UnknownName, UsageError


@pytest.fixture
def knowledge(resources: Resources) -> Knowledge:
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    return Knowledge(resources)


def ids(answer: SearchAnswer) -> list[str]:
    return [item.item_id for item in answer.items]


def test_a_text_finds_the_items_nearest_to_it(knowledge: Knowledge) -> None:
    answer = search(knowledge, "Copper Castle", k=40)
    cosines = knowledge.retriever.texts @ FakeEncoder().encode(["Copper Castle"])[0]
    assert ids(answer) == [knowledge.index.item_ids[place] for place in np.argsort(-cosines, kind="stable")]
    assert [item.similarity for item in answer.items] == pytest.approx(-np.sort(-cosines), abs=1e-6)
    assert answer.items[0].title == "Copper Castle"
    assert [item.rank for item in answer.items] == list(range(1, 41))
    assert (answer.text, answer.user_id, answer.weight) == ("Copper Castle", None, 0.0)


def test_scores_of_a_text_are_its_cosines_in_standard_deviations(knowledge: Knowledge) -> None:
    scores = np.array([item.score for item in search(knowledge, "Copper Castle", k=40).items])
    assert scores.mean() == pytest.approx(0, abs=1e-4)
    assert scores.std() == pytest.approx(1, abs=1e-4)


def test_what_a_user_had_is_left_out(knowledge: Knowledge) -> None:
    seen = set(knowledge.store.timeline("u03").item_ids)
    for weight in (0, 0.5, 1):
        assert set(ids(search(knowledge, "Copper", "u03", 99, weight=weight))) == set(knowledge.catalogue) - seen


def test_the_weight_leads_from_the_text_to_the_user(knowledge: Knowledge) -> None:
    text = ids(search(knowledge, "Copper Castle", "u03", 99, weight=0))
    assert text == [item for item in ids(search(knowledge, "Copper Castle", k=40)) if item in text]
    user = ids(search(knowledge, "Copper Castle", "u03", 99, weight=1))
    assert user == ids(search(knowledge, "Hollow Desert", "u03", 99, weight=1)) != text
    similarity = [
        np.mean([item.similarity for item in search(knowledge, "Copper Castle", "u03", 10, weight=weight).items])
        for weight in (0, 0.25, 0.5, 0.75, 1)
    ]
    assert similarity == sorted(similarity, reverse=True)
    assert search(knowledge, "Copper Castle", "u03").weight == 0.5


def test_the_scale_of_the_towers_products_changes_nothing(knowledge: Knowledge) -> None:
    before = search(knowledge, "Copper Castle", "u03", 20)
    tower = knowledge.retriever.parts["tower"].tower  # type: ignore[attr-defined]
    queries = tower.queries
    tower.queries = lambda *arguments: 1_000 * queries(*arguments)
    assert [item.score for item in search(knowledge, "Copper Castle", "u03", 20).items] == pytest.approx(
        [item.score for item in before.items], abs=1e-3
    )


def test_a_user_of_whom_nothing_is_known_has_no_say(knowledge: Knowledge) -> None:
    for visitor in (Timeline("new"), Timeline("new", (Event("new", "elsewhere", 1.0, "like"),))):
        answer = search(knowledge, "Copper Castle", visitor, 40, weight=1)
        assert ids(answer) == ids(search(knowledge, "Copper Castle", k=40))
        assert (answer.user_id, answer.weight) == ("new", 0.0)


def test_without_a_tower_the_user_is_the_taste(knowledge: Knowledge) -> None:
    parts = {name: part for name, part in knowledge.retriever.parts.items() if name != "tower"}
    taste = knowledge.past(knowledge.store.timeline("u03")).taste.query
    cosines = knowledge.retriever.texts @ taste
    knowledge.index = ItemIndex(knowledge.index.item_ids, knowledge.retriever.texts)
    knowledge.retriever = replace(knowledge.retriever, index=knowledge.index, parts=parts)
    found = [knowledge.index.places[item_id] for item_id in ids(search(knowledge, "Copper", "u03", 32, weight=1))]
    assert cosines[found] == pytest.approx(-np.sort(-cosines[found]), abs=1e-6)


def test_a_filter_and_withdrawn_items(knowledge: Knowledge) -> None:
    knowledge.store.set_withdrawn("i03", True)
    found = search(Knowledge(knowledge.resources), "Copper", k=99, where=lambda item: "Horror" in item.categories)
    assert set(ids(found)) == {f"i{number:02}" for number in range(7, 40, 4)}
    with pytest.raises(UsageError, match="loosen --where"):
        search(knowledge, "Copper", where=lambda item: False)


def test_where_all_items_are_equally_near_the_order_is_the_catalogues(knowledge: Knowledge) -> None:
    knowledge.index.vectors[:] = knowledge.index.vectors[0]
    answer = search(knowledge, "Copper", "u03", weight=0.5)
    assert ids(answer) == sorted(ids(answer))
    assert all(item.score == pytest.approx(0, abs=1e-4) for item in answer.items)


@pytest.mark.parametrize("text", ["", "   \n\t", "\x00\x1b\x07", " " * 100_000])
def test_a_text_that_says_nothing(knowledge: Knowledge, text: str) -> None:
    with pytest.raises(UsageError, match="TEXT is empty"):
        search(knowledge, text)


def test_a_text_of_which_the_encoder_knows_no_word(knowledge: Knowledge) -> None:
    with pytest.raises(UsageError, match=r"knows no word of '1995 \?'"):
        search(knowledge, "1995 ?")


def test_of_a_very_long_text_the_beginning_is_read(knowledge: Knowledge) -> None:
    answer = search(knowledge, "Copper Castle " * 1_000_000, k=1)
    assert len(answer.text) <= LONGEST
    assert answer.items[0].title == "Copper Castle"


def test_wrong_arguments(knowledge: Knowledge) -> None:
    with pytest.raises(UnknownName, match="nearest known ids: u00, u03"):
        search(knowledge, "Copper", "u003")
    with pytest.raises(UsageError, match="k = 0"):
        search(knowledge, "Copper", k=0)
    with pytest.raises(UsageError, match="it needs --user"):
        search(knowledge, "Copper", weight=0.5)
    for weight in (-0.1, 1.1, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="not within 0"):
            search(knowledge, "Copper", "u03", weight=weight)


def test_the_object_of_the_contract(knowledge: Knowledge) -> None:
    found = json.loads(search(knowledge, "Copper", "u03", 1).to_json())
    assert list(found) == ["text", "user_id", "weight", "items", "degraded"]
    assert list(found["items"][0]) == ["item_id", "title", "rank", "score", "similarity"]


def test_items_may_be_asked_for_that_are_like_some_and_unlike_others(recommender: Recommender) -> None:
    know = recommender.knowledge
    found = search(know, "", None, 40, like=["i00"], unlike=["i01"]).items
    ranks = {match.item_id: match.rank for match in found}
    assert ranks["i00"] == 1
    assert ranks["i00"] < ranks["i01"]
    with pytest.raises(UnknownName, match="i99"):
        search(know, "", None, like=["i99"])
