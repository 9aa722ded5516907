from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from history.domain import load_domain
from history.records import Event, Item
from history.splits import last_target
from history.timeline import Timeline
from retrieval.blend import fit_blend
from retrieval.encoder import SentenceEncoder
from retrieval.growing import grow
from retrieval.index import ItemIndex
from retrieval.parts import FacetPart, NeighbourPart, Part, PopularityPart, TextPart
from retrieval.retriever import Retriever
from retrieval.taste import DECAY, TasteReader
from retrieval.trail import Past, PastReader, Trail, decayed
from workspace.errors import ModelError

VECTORS = np.eye(4, dtype=np.float32)
IDS = ["a", "b", "c", "d"]
PLACES = {item_id: place for place, item_id in enumerate(IDS)}
ITEMS = [Item(item_id, item_id.upper(), categories=("Odd",) if item_id in "ac" else ("Even",)) for item_id in IDS]
EVERYTHING = np.ones(4, bool)
COUNTS = np.array([5.0, 0.0, 1.0, 100.0])


def tastes(encode: object = None) -> TasteReader:
    vectors = dict(zip(IDS, VECTORS, strict=True))
    return TasteReader(load_domain("video"), 5.0, vectors.get, encode or (lambda texts: VECTORS[: len(texts)]), 4)  # type: ignore[arg-type]


def past(*events: Event) -> Past:
    return PastReader(load_domain("video"), 5.0, PLACES, tastes()).read(Timeline("u", events))


def liked(*items: str) -> Past:
    return past(*(Event("u", item, float(step), "like") for step, item in enumerate(items)))


def retriever(**weights: float) -> Retriever:
    index = ItemIndex(IDS, VECTORS)
    follows = csr_array(np.array([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0]], np.float32))
    parts: dict[str, Part] = {
        "markov": NeighbourPart("markov", follows),
        "popularity": PopularityPart(COUNTS, COUNTS),
        "text": TextPart(index),
        "facets": FacetPart.of(ITEMS),
    }
    return Retriever(index, parts, weights)


def test_probabilities_sum_to_one_over_what_is_allowed() -> None:
    allowed = np.array([True, True, False, True])
    made = retriever(text=5.0, popularity=1.0)
    log_p = made.log_probability(liked("b"), allowed)
    assert np.exp(log_p).sum() == pytest.approx(1)
    assert np.isneginf(log_p[2])
    assert list(made.top(log_p, 10)) == [1, 3, 0]


def test_without_a_history_popularity_decides() -> None:
    made = retriever(text=5.0, popularity=1.0, **{"markov 0.7": 3.0}, facets=1.0)
    assert list(made.top(made.log_probability(past(), EVERYTHING), 4)) == [3, 0, 2, 1]


def test_nothing_allowed_is_no_probability() -> None:
    assert np.isneginf(retriever(text=5.0).log_probability(liked("b"), np.zeros(4, bool))).all()


def test_neighbours_of_the_last_item_weigh_most() -> None:
    features = retriever().parts["markov"].features([liked("a", "b")], EVERYTHING[None])[0]
    lately, all_of_it = features[:, 0], features[:, 2]
    assert lately[2] > lately[1] > 0
    assert all_of_it[1] == pytest.approx(all_of_it[2])
    assert not features[[0, 3]].any()
    assert lately[2] == pytest.approx(np.log1p(10 * 4 / 1.3))


def test_facets_are_standardised_and_blind_to_nothing_shared() -> None:
    features = retriever().parts["facets"].features([liked("a"), past()], np.ones((2, 4), bool))[..., 0]
    assert features[0] == pytest.approx([1, -1, 1, -1])
    assert not features[1].any()


def test_a_taste_is_a_decayed_mean_of_what_was_liked() -> None:
    events = (
        Event("u", "a", 1.0, "like"),
        Event("u", "b", 2.0, "rating", 1.0),
        Event("u", "c", 3.0, "like"),
        Event("u", "gone", 4.0, "like"),
    )
    taste = tastes().read(Timeline("u", events))
    assert taste.query == pytest.approx(np.array([DECAY, 0, 1, 0]) / np.hypot(DECAY, 1))
    assert taste.places == (2, 0)


def test_influences_sum_to_the_cosine() -> None:
    events = tuple(Event("u", name, float(place), "like") for place, name in enumerate("abca"))
    taste = tastes().read(Timeline("u", events))
    target = np.array([0.6, 0.8, 0, 0], np.float32)
    assert taste.influence(target[None]).sum() == pytest.approx(float(taste.query @ target))


def test_what_a_user_wrote_joins_the_item_or_stands_for_it() -> None:
    wrote = tastes(lambda texts: np.stack([VECTORS[3]] * len(texts)))
    both = wrote.read(Timeline("u", (Event("u", "a", 1.0, "comment", None, "great"),)))
    assert both.query == pytest.approx(np.array([1, 0, 0, 1]) / np.sqrt(2))
    alone = wrote.read(Timeline("u", (Event("u", "", 1.0, "search", None, "space"),)))
    assert alone.query == pytest.approx(VECTORS[3])


def test_no_history_is_a_taste_of_zeros() -> None:
    taste = tastes().read(Timeline("u"))
    assert not taste.query.any()
    assert taste.influence(VECTORS[:1]).shape == (0, 1)


def test_a_trail_keeps_items_and_what_was_written_alone() -> None:
    trail = past(
        Event("u", "gone", 0.0, "like"),
        Event("u", "a", 1.0, "rating", 1.0),
        Event("u", "", 2.0, "search", None, "space"),
        Event("u", "", 3.0, "search"),
        Event("u", "c", 4.0, "like"),
    ).trail
    assert trail.items.tolist() == [0, -1, 2]
    assert trail.known.tolist() == [0, 2]
    assert list(trail.written) == [1]
    assert len(set(trail.signals.tolist())) == 3


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 4), st.floats(0.2, 2), st.integers(0, 5))
def test_the_fit_finds_the_weights_that_made_the_data(first: float, second: float, seed: int) -> None:
    features, targets = made_choices((first, second, 0.0), seed)
    names = {"one": ("one",), "two": ("two",), "useless": ("useless",)}
    fitted = fit_blend(names, features, np.ones(features.shape[:2], bool), targets)
    assert fitted.weights["one"] == pytest.approx(first, abs=0.35)
    assert fitted.weights["two"] == pytest.approx(second, abs=0.35)
    assert fitted.earned["one"].kept
    assert fitted.log_likelihood > fitted.earned["one"].alone


def test_a_useless_part_is_dropped_in_nineteen_of_twenty_cases() -> None:
    names = {"useful": ("useful",), "useless": ("x", "y")}
    kept = 0
    for seed in range(40):
        features, targets = made_choices((1.5, 0.0, 0.0), seed, 400)
        fitted = fit_blend(names, features, np.ones(features.shape[:2], bool), targets)
        assert fitted.earned["useful"].kept
        kept += fitted.earned["useless"].kept
        assert fitted.earned["useless"].kept == bool(fitted.weights["x"] or fitted.weights["y"])
    assert kept <= 6


def made_choices(weights: tuple[float, ...], seed: int, count: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    features = generator.uniform(-0.5, 1, (count, 12, len(weights))).astype(np.float32)
    return features, (features @ np.array(weights) + generator.gumbel(size=(count, 12))).argmax(1)


def test_a_new_item_goes_the_way_of_the_one_that_it_reads_most_like() -> None:
    texts = np.array([[0, 0.9, 0, 0.1], [0, 0, 0, 0], [1, 0, 0, 0]], np.float32)
    changed = replace(ITEMS[2], title="A again")
    items = [*ITEMS[:2], changed, ITEMS[3], Item("new", "New", categories=("Even",)), Item("blank", "")]
    grown = grow(retriever(**{"markov 0.7": 1.0}), ["new", "blank", "c"], texts, items)
    after_a = grown.log_probability(liked("a"), np.ones(6, bool))
    assert np.exp(after_a).sum() == pytest.approx(1)
    assert after_a[4] == pytest.approx(after_a[1])  # "new" follows "a" as "b" does
    assert after_a[5] == pytest.approx(after_a[0])  # nothing is known of what has no text
    after_new = grown.parts["markov"].features([Past(trail_of(4), liked().taste, np.arange(1))], np.ones((1, 6), bool))[
        0, :, 0
    ]
    assert after_new.argmax() == 2
    assert grown.counts.tolist() == [*COUNTS, COUNTS[1], 0.0]
    assert grown.texts[2].tolist() == [1, 0, 0, 0]


def trail_of(*items: int) -> Trail:
    return Trail(np.array(items), np.arange(len(items), dtype=float), np.ones(len(items), np.int64))


def test_history_weights_by_hand() -> None:
    histories = [np.array([2, 0, 1]), np.array([0, 1])]
    assert decayed(histories, 4, (0.5, 1.0)).toarray().tolist() == [
        [0.5, 1, 0.25, 0],
        [1, 1, 1, 0],
        [0.5, 1, 0, 0],
        [1, 1, 0, 0],
    ]
    assert decayed(histories, 4, (0.5,), reach=2).toarray().tolist() == [[0.5, 1, 0, 0], [0.5, 1, 0, 0]]
    assert decayed([], 4, (0.5,)).shape == (0, 4)


@pytest.mark.parametrize(("repeats", "target"), [(False, "b"), (True, "a")])
def test_where_items_are_had_again_the_target_may_be_an_old_one(repeats: bool, target: str) -> None:
    events = tuple(Event("u", name, float(step), "purchase") for step, name in enumerate(["a", "b", "a", "gone"]))
    found = last_target(Timeline("u", events), PLACES, repeats)
    assert found
    assert found.item_id == target


def test_growth_stays_sparse_and_new_items_are_no_neighbours_of_one_another() -> None:
    texts = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    items = [*ITEMS, *(Item(f"n{number}", "New") for number in range(50))]
    grown = grow(retriever(), [item.item_id for item in items[4:]], texts, items)
    matrix = grown.parts["markov"].matrix  # type: ignore[attr-defined]
    assert matrix.shape == (54, 54)
    assert matrix.nnz == 4 + 2 * 50
    assert not matrix[4:, 4:].nnz


def test_an_embedding_that_is_no_number_is_refused_by_its_text() -> None:
    encoder = SentenceEncoder("nowhere")

    class Broken:
        def encode(self, texts: list[str], **options: object) -> np.ndarray:
            return np.array([[1.0, 0.0] if text != "bad" else [np.nan, 0.0] for text in texts], np.float32)

    vars(encoder)["_model"] = Broken()
    with pytest.raises(ModelError, match="no finite embedding of 'bad'"):
        encoder.encode(["good", "bad"])
