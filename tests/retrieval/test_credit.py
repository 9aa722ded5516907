"""What each event adds, cheaply, against what is lost when it is left out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from history.domain import load_domain
from history.records import Event, Item
from history.timeline import Timeline
from retrieval.index import ItemIndex
from retrieval.parts import FacetPart, NeighbourPart, Part, PopularityPart, TextPart, TowerPart
from retrieval.retriever import Retriever
from retrieval.taste import TasteReader
from retrieval.tower import Tower, TowerShape
from retrieval.trail import Past, PastReader
from retrieval.training import index_vectors

COUNT = 30
GENERATOR = np.random.default_rng(0)
IDS = [f"i{place:02}" for place in range(COUNT)]
PLACES = {item_id: place for place, item_id in enumerate(IDS)}
ITEMS = [Item(item_id, item_id, categories=(f"g{place % 5}", f"h{place % 3}")) for item_id, place in PLACES.items()]
TEXTS = GENERATOR.normal(size=(COUNT, 8)).astype(np.float32)
TEXTS /= np.linalg.norm(TEXTS, axis=1, keepdims=True)
DOMAIN = load_domain("video")
VECTORS = dict(zip(IDS, TEXTS, strict=True))
READER = PastReader(DOMAIN, 5.0, PLACES, TasteReader(DOMAIN, 5.0, VECTORS.get, lambda texts: TEXTS[: len(texts)], 8))
ASKED = np.array([3, 17, 29])


def timeline(places: list[int]) -> Timeline:
    return Timeline("u", tuple(Event("u", IDS[place], 60.0 * step, "like") for step, place in enumerate(places)))


def parts() -> dict[str, Part]:
    tower = Tower(TEXTS, READER.signals, TowerShape(width=8, layers=1, length=20, dropout=0.0)).eval()
    index = ItemIndex(IDS, index_vectors(tower))
    nonzero = GENERATOR.random((COUNT, COUNT)) * (GENERATOR.random((COUNT, COUNT)) < 0.3)
    return {
        "tower": TowerPart(tower, index),
        "markov": NeighbourPart("markov", csr_array(nonzero.astype(np.float32))),
        "text": TextPart(index),
        "facets": FacetPart.of(ITEMS),
        "popularity": PopularityPart(np.arange(COUNT, dtype=float), np.ones(COUNT)),
    }


HISTORY = [1, 4, 9, 12, 20, 26, 5, 14]


def lost(part: Part, weights: np.ndarray) -> np.ndarray:
    """What the features lose without each event, [events, items]."""
    whole = timeline(HISTORY)
    without = [Timeline("u", whole.events[:place] + whole.events[place + 1 :]) for place in range(len(HISTORY))]
    pasts = [READER.read(one) for one in (whole, *without)]
    found = part.features(pasts, np.ones((len(pasts), COUNT), bool)) @ weights
    less: np.ndarray = (found[0] - found[1:])[:, ASKED]
    return less


@pytest.mark.parametrize("name", ["text", "facets"])
def test_what_is_a_sum_over_events_is_split_among_them(name: str) -> None:
    part, past = parts()[name], READER.read(timeline(HISTORY))
    whole = part.features([past], np.ones((1, COUNT), bool))[0, ASKED]
    assert part.credit(past, ASKED).sum(axis=0) == pytest.approx(whole, abs=1e-5)


@pytest.mark.parametrize("name", ["markov", "text"])
def test_credit_goes_along_with_what_is_lost(name: str) -> None:
    part = parts()[name]
    weights = np.ones(len(part.names))
    cheap = part.credit(READER.read(timeline(HISTORY)), ASKED) @ weights
    assert cheap.shape == (len(HISTORY), len(ASKED))
    for column in range(len(ASKED)):
        assert np.corrcoef(cheap[:, column], lost(part, weights)[:, column])[0, 1] > 0.6


def test_the_towers_is_the_gradient_times_what_it_reads() -> None:
    part = parts()["tower"]
    assert isinstance(part, TowerPart)
    past = READER.read(timeline(HISTORY))
    cheap = part.credit(past, ASKED)[..., 0]
    vectors, step = part.index.vectors, 1e-2
    for event, place in enumerate(HISTORY):
        nudged = vectors.copy()
        nudged[place] *= 1 + step
        moved = part.tower.queries([past.trail], nudged) - part.tower.queries([past.trail], vectors)
        assert cheap[event] == pytest.approx((moved @ vectors[ASKED].T)[0] / step, abs=2e-2)


def test_popularity_is_of_no_event() -> None:
    assert not parts()["popularity"].credit(READER.read(timeline(HISTORY)), ASKED).any()


def test_a_history_of_nothing_and_events_that_no_part_reads() -> None:
    made = parts()
    retriever = Retriever(ItemIndex(IDS, TEXTS), made, dict.fromkeys(("tower", "text", "facets", "markov 0.7"), 1.0))
    assert retriever.credit(READER.read(Timeline("u")), ASKED).shape == (0, 3)
    strange = Timeline("u", (Event("u", "gone", 0.0, "review", text="fine"), *timeline([1, 4]).events))
    past: Past = READER.read(strange)
    assert past.places.tolist() == [1, 2]
    assert retriever.credit(past, ASKED).shape == (2, 3)


def test_the_sum_is_by_the_weights() -> None:
    made = parts()
    retriever = Retriever(ItemIndex(IDS, TEXTS), made, {"text": 2.0, "facets": 1.0})
    past = READER.read(timeline(HISTORY))
    expected = 2 * made["text"].credit(past, ASKED)[..., 0] + made["facets"].credit(past, ASKED)[..., 0]
    assert retriever.credit(past, ASKED) == pytest.approx(expected, abs=1e-6)


def test_attention_is_spread_over_the_events_that_are_looked_back_on() -> None:
    part = parts()["tower"]
    assert isinstance(part, TowerPart)
    long = READER.read(timeline([place % COUNT for place in range(25)])).trail  # the tower looks back on 20
    found = part.tower.attention(long, part.index.vectors)
    assert found[:5].tolist() == [0.0] * 5
    assert found.sum() == pytest.approx(1.0, abs=1e-5)
    before = part.tower.queries([long], part.index.vectors)
    assert part.tower.attention(long, part.index.vectors) == pytest.approx(found)
    assert part.tower.queries([long], part.index.vectors) == pytest.approx(before)  # nothing is left behind
    assert not len(part.tower.attention(READER.read(Timeline("u")).trail, part.index.vectors))
