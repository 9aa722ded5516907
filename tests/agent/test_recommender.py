from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from agent.fit import fit
from agent.fusion import LanguageWeight
from agent.knowledge import Knowledge
from agent.options import FitOptions
from agent.recommender import Recommender
from agent.resources import Resources
from history.records import Event, Item
from history.timeline import Timeline
from retrieval.retriever import DEFAULT_WEIGHTS
from workspace.artefact import publish
from workspace.errors import DamagedArtefact, DataError, NotReady, UnknownName, UsageError
from workspace.settings import Settings


def test_a_ranking_has_no_repeats_and_only_new_items(recommender: Recommender) -> None:
    answer = recommender.recommend("u03", 10)
    ids = [item.item_id for item in answer.items]
    seen = recommender.knowledge.store.timeline("u03").item_ids
    assert len(set(ids)) == len(ids) == 10
    assert not set(ids) & set(seen)
    assert [item.rank for item in answer.items] == list(range(1, 11))
    assert not answer.degraded


def test_every_reason_names_what_the_user_liked(recommender: Recommender) -> None:
    know = recommender.knowledge
    liked = {know.catalogue[item_id].title for item_id in know.store.timeline("u03").item_ids}
    items = recommender.recommend("u03", 5).items
    for item in items:
        assert item.rationale
        assert item.rationale.verified
        assert bool(item.rationale.evidence) == (item.rank <= 2)  # made users never pick other kinds of items
        for entry in item.rationale.evidence:
            assert entry.title in liked
            assert f'"{entry.title}"' in item.rationale.text
            assert entry.influence > 0


def test_a_faithful_sentence_of_the_model_is_shown_and_another_is_not(recommender: Recommender) -> None:
    recommender.knowledge.settings.writing = "freely"
    engine = recommender.knowledge.engine
    first, second = recommender.recommend("u03", 2, rationale=False).items
    engine.answers[:] = [" could be a good choice for you.", " has Tom Hanks in it."]  # type: ignore[attr-defined]
    reasons = [item.rationale.text for item in recommender.recommend("u03", 2).items if item.rationale]
    assert reasons[0].endswith(f'"{first.title}" could be a good choice for you.')
    assert "Hanks" not in reasons[1]
    assert "Because you liked" in reasons[1]
    assert second.title not in reasons[1]


def test_the_language_model_moves_the_list_by_its_weight(recommender: Recommender) -> None:
    know = recommender.knowledge
    know.language_weight = LanguageWeight(5.0, 5.0, 1.0, 100)
    ranked = recommender.recommend("u03", 5, rationale=False).items
    without = recommender.recommend("u03", 5, llm=False, rationale=False)
    assert without.degraded
    assert [item.item_id for item in ranked] != [item.item_id for item in without.items]


def test_probabilities_are_of_the_whole_catalogue(recommender: Recommender) -> None:
    items = recommender.recommend("u03", 32, rationale=False).items
    assert len(items) == 32
    assert sum(item.probability for item in items) == pytest.approx(1)
    assert all(item.probability == pytest.approx(np.exp(item.score)) for item in items)


def test_all_that_exists_comes_back_when_k_is_larger(recommender: Recommender) -> None:
    assert len(recommender.recommend("u03", 1_000, rationale=False).items) == 32


def test_a_visitor_without_history_gets_popular_and_diverse_items(recommender: Recommender) -> None:
    know = recommender.knowledge
    know.retriever = replace(know.retriever, weights=DEFAULT_WEIGHTS)
    answer = recommender.recommend(Timeline("visitor"), 5)
    genres = [know.catalogue[item.item_id].categories[0] for item in answer.items]
    assert max(genres.count(genre) for genre in genres) <= 3
    assert all(item.rationale and "no history of yours" in item.rationale.text for item in answer.items)
    users = know.store.item_users()
    assert users[answer.items[0].item_id] == max(users.values())


def test_one_event_is_enough(recommender: Recommender) -> None:
    answer = recommender.recommend(Timeline("visitor", (Event("visitor", "i00", 1.0, "like"),)), 3)
    reason = answer.items[0].rationale
    assert reason
    assert reason.evidence[0].item_id == "i00"
    assert reason.text.endswith("Not much is known of you yet.")


def test_only_disliked_items_are_no_evidence(recommender: Recommender) -> None:
    answer = recommender.recommend(Timeline("visitor", (Event("visitor", "i00", 1.0, "dislike"),)), 3)
    assert all(item.rationale and not item.rationale.evidence for item in answer.items)
    assert all(item.rationale and "Your history does not speak" in item.rationale.text for item in answer.items)


def test_100_000_events_of_one_user(recommender: Recommender) -> None:
    events = tuple(Event("v", f"i{number % 30:02}", float(number), "like") for number in range(100_000))
    assert len(recommender.recommend(Timeline("v", events), 5).items) == 5


def test_the_next_answer_sees_what_was_just_recorded(recommender: Recommender) -> None:
    first = recommender.recommend("u03", 1, rationale=False).items[0]
    recommender.knowledge.store.add(events=[Event("u03", first.item_id, 2_000_000.0, "like")])
    after = recommender.recommend("u03", 32, rationale=False)
    assert first.item_id not in [item.item_id for item in after.items]


def test_a_withdrawn_item_is_recommended_no_more(recommender: Recommender) -> None:
    first = recommender.recommend("u03", 1, rationale=False).items[0]
    recommender.knowledge.store.set_withdrawn(first.item_id, True)
    again = Recommender(Knowledge(recommender.knowledge.resources))
    assert first.item_id not in [item.item_id for item in again.recommend("u03", 32, rationale=False).items]


def test_a_filter_is_obeyed_and_one_that_leaves_nothing_is_explained(recommender: Recommender) -> None:
    def horror(item: Item) -> bool:
        return "Horror" in item.categories

    items = recommender.recommend("u03", 5, where=horror, rationale=False).items
    assert items
    assert all(horror(recommender.knowledge.catalogue[item.item_id]) for item in items)
    with pytest.raises(UsageError, match="leaves no item"):
        recommender.recommend("u03", 5, where=lambda item: False)


def test_what_was_shown_is_kept(recommender: Recommender) -> None:
    answer = recommender.recommend("u03", 2)
    kept = recommender.knowledge.store.recommendation(answer.recommendation_id)
    assert kept is not None
    assert [item["item_id"] for item in json.loads(kept)["items"]] == [item.item_id for item in answer.items]


def test_a_stream_gives_the_list_at_once_and_then_the_reasons(recommender: Recommender) -> None:
    answer, items = recommender.stream("u03", 3)
    assert [item.rationale for item in answer.items] == [None] * 3
    assert [item.item_id for item in items] == [item.item_id for item in answer.items]


def test_wrong_arguments(recommender: Recommender) -> None:
    with pytest.raises(UnknownName, match="nearest known ids: u00, u03"):
        recommender.recommend("u003")
    with pytest.raises(UsageError, match="k = 0"):
        recommender.recommend("u03", 0)


def test_the_object_of_the_contract(recommender: Recommender) -> None:
    found = json.loads(recommender.recommend("u03", 1).to_json())
    assert list(found) == [
        "recommendation_id", "user_id", "generated_at", "engine", "adapter", "degraded", "items", "interests",
    ]  # fmt: skip
    assert list(found["items"][0]) == [
        "item_id", "title", "rank", "score", "probability", "retrieval_rank", "rationale",
    ]  # fmt: skip
    assert list(found["items"][0]["rationale"]) == ["text", "evidence", "facets", "verified"]
    assert list(found["interests"]) == ["now", "shift", "next"]


def test_before_anything_was_fitted(resources: Resources) -> None:
    with pytest.raises(NotReady, match="run: foretaste fit"):
        Knowledge(resources)


def test_an_item_added_after_the_fit_can_be_recommended_at_once(recommender: Recommender) -> None:
    resources = recommender.knowledge.resources
    resources.store.add([Item("new", "Amber Bay", categories=("Comedy",), year=1980)])
    answer = Recommender(Knowledge(resources)).recommend("u03", 1_000, rationale=False)
    found = {item.item_id: item for item in answer.items}
    assert found["new"].probability > 0
    assert sum(item.probability for item in answer.items) == pytest.approx(1)
    again = Knowledge(resources)
    assert again.index.item_ids[-1] == "new"


def test_a_changed_text_is_embedded_again_and_keeps_its_place(recommender: Recommender) -> None:
    resources = recommender.knowledge.resources
    before = recommender.knowledge.retriever.texts[5].copy()
    resources.store.add([replace(recommender.knowledge.catalogue["i05"], title="Zzyzx")])
    after = Knowledge(resources)
    assert after.index.places["i05"] == recommender.knowledge.index.places["i05"]
    assert not np.allclose(after.retriever.texts[after.index.places["i05"]], before)


def test_an_index_of_another_catalogue_is_refused(recommender: Recommender) -> None:
    resources = recommender.knowledge.resources
    with resources.store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM items WHERE item_id = 'i07'")
    with pytest.raises(NotReady, match=r"another catalogue: it holds item 'i07'.*foretaste fit"):
        Knowledge(resources)


def test_an_index_of_another_encoder_is_refused(recommender: Recommender) -> None:
    resources = recommender.knowledge.resources
    other = Resources(resources.home, Settings(encoder="other", model="fake"))
    with pytest.raises(NotReady, match="made with fake, the settings name other"):
        Knowledge(other)


def test_a_fit_of_another_version_is_refused(recommender: Recommender) -> None:
    resources = recommender.knowledge.resources
    publish(resources.home.index, {"encoder": "fake"}, lambda folder: (folder / "items.faiss").touch())
    with pytest.raises(NotReady, match="another version of Foretaste; run: foretaste fit"):
        Knowledge(resources)


def test_a_damaged_index_is_refused(recommender: Recommender) -> None:
    resources = recommender.knowledge.resources
    path = next(resources.home.index.glob("*/vectors.npy"))
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedArtefact, match=r"vectors\.npy is damaged"):
        Knowledge(resources)


def test_an_empty_catalogue_cannot_be_fitted(resources: Resources, tmp_path: object) -> None:
    resources.store.add(events=[Event("u", "nowhere", 1.0)])
    with resources.store._engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM items")
    with pytest.raises(DataError, match="catalogue is empty"):
        fit(resources, FitOptions(language_targets=0))


def test_the_fit_measures_the_language_model(resources: Resources) -> None:
    report = fit(resources, FitOptions(language_targets=8))
    assert report.language.targets == 8
    assert report.targets == 36
    assert report.retriever >= report.earned["popularity"].alone >= report.uniform
    assert Knowledge(resources).language_weight == report.language


def test_the_same_seed_gives_the_same_fit(resources: Resources) -> None:
    options = FitOptions(language_targets=6, seed=3)
    assert fit(resources, options) == fit(resources, options)
