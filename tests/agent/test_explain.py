"""Why, and why not: where an item was lost, and what brings it up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agent.explain import explain
from agent.influence import LATEST, fused_scores, influence, without
from agent.interest_view import say
from agent.recommender import Recommender
from history.records import Event
from history.timeline import Timeline
from workspace.errors import UnknownName, UsageError


def other_kind(recommender: Recommender) -> str:
    """An item of another kind than user u03's, far down."""
    items = recommender.recommend("u03", 30, rationale=False).items[10:]
    catalogue = recommender.knowledge.catalogue
    return next(one.item_id for one in items if catalogue[one.item_id].categories != ("Crime",))


def test_what_is_held_back_for_its_category_is_told(recommender: Recommender) -> None:
    visitor = Timeline("v", (Event("v", "i00", 1.0, "like"),))
    found = explain(recommender, visitor, "i12", 3)  # third by its score, but two comedies are enough
    assert (found.lost, found.scored) == ("capped", 3)


def test_what_is_listed_has_a_place_a_reason_and_nothing_to_change(recommender: Recommender) -> None:
    found = explain(recommender, "u03", "i01", 5)
    assert (found.rank, found.lost, found.rival, found.change) == (1, "", None, None)
    assert found.scored == found.retrieved == 1
    assert found.rationale.evidence
    assert found.lift > 0
    assert found.to_dict()["rationale"]["verified"]


def test_what_was_had_is_out_and_stays_out(recommender: Recommender) -> None:
    had = recommender.knowledge.store.timeline("u03").item_ids[0]
    found = explain(recommender, "u03", had)
    assert (found.rank, found.lost, found.scored, found.rival, found.change) == (None, "had", None, None, None)


def test_what_is_withdrawn_is_out(recommender: Recommender) -> None:
    know = recommender.knowledge
    know.store.set_withdrawn("i01", True)
    again = Recommender(type(know)(know.resources))
    assert explain(again, "u03", "i01").lost == "unavailable"


def test_what_the_user_banned_comes_back_when_they_take_it_back(recommender: Recommender) -> None:
    say(recommender.knowledge, "u03", "no crime")
    found = explain(recommender, "u03", "i01", 5)
    assert (found.lost, found.scored, found.change) == ("said", None, "say 'take back Crime'")


def test_what_was_outscored_is_told_by_whom_and_what_brings_it_up(recommender: Recommender) -> None:
    item_id = other_kind(recommender)
    found = explain(recommender, "u03", item_id, 3)
    assert found.lost == "outscored"
    assert found.scored and found.scored > 3
    assert found.rival and found.rival.ahead >= 0
    assert found.change is not None
    category = recommender.knowledge.catalogue[item_id].categories[0]
    assert category in found.change or found.change.startswith("like ")


def test_a_change_does_bring_it_up(recommender: Recommender) -> None:
    know = recommender.knowledge
    item_id = other_kind(recommender)
    change = explain(recommender, "u03", item_id, 3).change
    assert change and change.startswith("like ")
    titles = {f'"{item.title}"': one for one, item in know.catalogue.items()}
    liked = [titles[title] for title in change.removeprefix("like ").split(" and ")]
    know.store.add([], [Event("u03", one, 2e6, "like") for one in liked], order_only=False)
    assert item_id in [one.item_id for one in recommender.recommend("u03", 3, rationale=False).items]


def test_unknown_names_and_lists_of_nothing(recommender: Recommender) -> None:
    with pytest.raises(UnknownName, match="u0"):
        explain(recommender, "u0x", "i01")
    with pytest.raises(UnknownName, match="i0"):
        explain(recommender, "u03", "i0x")
    with pytest.raises(UsageError, match="at least one"):
        explain(recommender, "u03", "i01", 0)


def test_influence_is_what_the_score_loses(recommender: Recommender) -> None:
    know = recommender.knowledge
    timeline = know.store.timeline("u03")
    item = np.array([know.index.places["i01"]])
    found = influence(know, timeline, item, llm=False, short=100)
    allowed = know.allowed(timeline, None)
    whole, nothing = fused_scores(know, [timeline, replace(timeline, events=())], allowed, item, llm=False)[:, 0]
    assert found.lift[0] == pytest.approx(whole - nothing)
    assert found.places.tolist() == list(range(len(timeline)))
    for row, place in enumerate(found.places.tolist()):
        (less,) = fused_scores(know, [without(timeline, [place])], allowed, item, llm=False)[:, 0]
        assert found.gained[row, 0] == pytest.approx(whole - less)


def test_only_what_is_worth_it_and_speaks_for_its_item_is_looked_at(recommender: Recommender) -> None:
    know = recommender.knowledge
    kinds = ["like", "dislike"] * 5
    events = tuple(Event("v", f"i{place:02}", float(place), kind) for place, kind in enumerate(kinds))
    found = influence(know, Timeline("v", events), np.array([30, 31]), llm=False, short=2)
    assert not set(found.places.tolist()) & set(range(1, 10, 2))
    assert np.isfinite(found.gained).sum(axis=0).tolist() == [2, 2]


def test_of_a_long_history_the_latest_is_looked_at(recommender: Recommender) -> None:
    events = tuple(Event("v", f"i{place % 8:02}", float(place), "like") for place in range(LATEST + 50))
    found = influence(recommender.knowledge, Timeline("v", events), np.array([30]), llm=False)
    assert found.places.min() >= 50
