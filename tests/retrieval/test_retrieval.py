from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from history.domain import load_domain
from history.records import Event
from history.timeline import Timeline
from retrieval.fitting import fit_retriever
from retrieval.index import ItemIndex
from retrieval.retriever import Retriever, RetrieverWeights
from retrieval.taste import TasteReader
from workspace.errors import DataError

VECTORS = np.eye(4, dtype=np.float32)
IDS = ["a", "b", "c", "d"]
EVERYTHING = np.ones(4, bool)


def reader(encode: object = None) -> TasteReader:
    vectors = dict(zip(IDS, VECTORS, strict=True))
    return TasteReader(load_domain("video"), 5.0, vectors.get, encode or (lambda texts: VECTORS[: len(texts)]))  # type: ignore[arg-type]


def test_the_index_finds_the_nearest_and_obeys_what_is_allowed() -> None:
    index = ItemIndex(IDS, VECTORS)
    query = np.array([0.1, 0.9, 0.5, 0.0], np.float32)
    places, products = index.search(query, 2, EVERYTHING)
    assert [IDS[place] for place in places] == ["b", "c"]
    assert products == pytest.approx([0.9, 0.5])
    places, _ = index.search(query, 3, np.array([True, False, False, True]))
    assert [IDS[place] for place in places] == ["a", "d"]
    assert len(index.search(query, 3, np.zeros(4, bool))[0]) == 0


def test_an_empty_catalogue_and_a_broken_vector_are_refused() -> None:
    with pytest.raises(DataError, match="catalogue is empty"):
        ItemIndex([], np.zeros((0, 4), np.float32))
    broken = VECTORS.copy()
    broken[2, 0] = np.nan
    with pytest.raises(DataError, match="item 'c' is not finite"):
        ItemIndex(IDS, broken)


def test_probabilities_sum_to_one_over_what_is_allowed() -> None:
    retriever = Retriever(ItemIndex(IDS, VECTORS), np.array([5.0, 0.0, 1.0, 100.0]), RetrieverWeights())
    allowed = np.array([True, True, False, True])
    log_p = retriever.log_probability(VECTORS[1], allowed)
    assert np.exp(log_p).sum() == pytest.approx(1)
    assert np.isneginf(log_p[2])
    assert list(retriever.top(log_p, 10)) == [1, 3, 0]


def test_without_a_history_popularity_decides() -> None:
    retriever = Retriever(ItemIndex(IDS, VECTORS), np.array([5.0, 0.0, 1.0, 100.0]), RetrieverWeights())
    assert list(retriever.top(retriever.log_probability(np.zeros(4, np.float32), EVERYTHING), 4)) == [3, 0, 2, 1]


def test_a_taste_is_a_decayed_mean_of_what_was_liked() -> None:
    events = (
        Event("u", "a", 1.0, "like"),
        Event("u", "b", 2.0, "rating", 1.0),
        Event("u", "c", 3.0, "like"),
        Event("u", "gone", 4.0, "like"),
    )
    taste = reader().read(Timeline("u", events), decay=0.5, dimension=4)
    assert taste.query == pytest.approx(np.array([0.5, 0, 1, 0]) / np.hypot(0.5, 1))
    assert taste.places == (2, 0)


def test_influences_sum_to_the_cosine() -> None:
    events = tuple(Event("u", name, float(place), "like") for place, name in enumerate("abca"))
    taste = reader().read(Timeline("u", events), decay=0.8, dimension=4)
    target = np.array([0.6, 0.8, 0, 0], np.float32)
    assert taste.influence(target).sum() == pytest.approx(float(taste.query @ target))


def test_what_a_user_wrote_joins_the_item_or_stands_for_it() -> None:
    wrote = reader(lambda texts: np.stack([VECTORS[3]] * len(texts)))
    both = wrote.read(Timeline("u", (Event("u", "a", 1.0, "comment", None, "great"),)), 0.5, 4)
    assert both.query == pytest.approx(np.array([1, 0, 0, 1]) / np.sqrt(2))
    alone = wrote.read(Timeline("u", (Event("u", "", 1.0, "search", None, "space"),)), 0.5, 4)
    assert alone.query == pytest.approx(VECTORS[3])


def test_no_history_is_a_taste_of_zeros() -> None:
    taste = reader().read(Timeline("u"), 0.5, 4)
    assert not taste.query.any()
    assert taste.influence(VECTORS[0]).shape == (0,)


@given(st.floats(0.5, 8), st.floats(0.2, 2), st.integers(0, 5))
def test_the_fit_finds_the_weights_that_made_the_data(nearness: float, popularity: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    cosine = generator.uniform(-0.2, 1, (4_000, 12)).astype(np.float32)
    log_counts = np.log1p(generator.integers(0, 60, 12)).astype(float)
    utility = nearness * cosine + popularity * log_counts
    targets = (utility + generator.gumbel(size=utility.shape)).argmax(1)
    weights, _ = fit_retriever({0.7: cosine}, log_counts, np.ones_like(cosine, bool), list(targets))
    assert weights.decay == 0.7
    assert weights.nearness == pytest.approx(nearness, abs=0.6)
    assert weights.popularity == pytest.approx(popularity, abs=0.3)
