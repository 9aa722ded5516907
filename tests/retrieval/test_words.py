from __future__ import annotations

import numpy as np
import pytest

from history.records import Item
from retrieval import words
from retrieval.growing import grow
from retrieval.index import ItemIndex
from retrieval.neighbours import kept_of
from retrieval.parts import NeighbourPart, Part, PopularityPart
from retrieval.retriever import Retriever
from retrieval.words import SHARPENED, shared_words, word_vectors

TITLES = ["Essie Polish, Fiji", "essie polish: Geranium", "Argan Oil", "Argan Shampoo", "", "7"]
ITEMS = [Item(str(place), title) for place, title in enumerate(TITLES)]
COSINES = (word_vectors(ITEMS) @ word_vectors(ITEMS).T).toarray()


def test_a_cosine_by_hand() -> None:
    shared, single = np.log(7 / 3) + 1, np.log(7 / 2) + 1
    assert COSINES[0, 1] == pytest.approx(2 * shared**2 / (2 * shared**2 + single**2))
    assert COSINES[2, 3] == pytest.approx(shared**2 / (shared**2 + single**2))


def test_neighbours_are_cosines_sharpened_and_no_item_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "BLOCK", 4)
    found = shared_words(ITEMS)
    assert found.toarray() == pytest.approx(np.where(np.eye(6), 0, COSINES**SHARPENED))
    assert found.nnz == 4
    assert found.dtype == np.float32


def test_each_item_keeps_its_own_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "kept_of", lambda count: 1)
    hub = [Item("hub", "Argan Oil Shampoo"), *ITEMS[2:4], Item("far", "Argan Comb Pink Large")]
    found = shared_words(hub).toarray()
    assert (found > 0).sum(axis=1).tolist() == [1, 1, 1, 1]
    assert found.argmax(axis=1)[1:3].tolist() == [0, 0]


def test_a_common_word_is_left_out_where_there_are_many_texts() -> None:
    items = [Item(str(place), f"Pack word{place // 2}") for place in range(24)]
    found = shared_words(items)
    assert found.nnz == 24
    assert found.data == pytest.approx(1.0)
    assert shared_words(items[:10]).nnz == 90


def test_nothing_to_read_is_no_neighbour() -> None:
    assert shared_words([Item("a", ""), Item("b", "")]).shape == (2, 2)
    assert not shared_words([Item("a", ""), Item("b", "")]).nnz


def test_a_new_item_shares_its_own_words() -> None:
    fitted, texts = ITEMS[:3], np.eye(3, dtype=np.float32)
    parts: dict[str, Part] = {
        "popularity": PopularityPart(np.ones(3), np.ones(3)),
        "words": NeighbourPart("words", shared_words(fitted)),
    }
    retriever = Retriever(ItemIndex([item.item_id for item in fitted], texts), parts, {})
    like_the_first = np.array([[1, 0, 0], [1, 0, 0]], np.float32)  # by embedding; by its words it is like the third
    grown = grow(retriever, ["3", "new"], like_the_first, [*fitted, ITEMS[3], Item("new", "Argan Shampoo")])
    matrix = grown.parts["words"].matrix.toarray()  # type: ignore[attr-defined]
    assert matrix.shape == (5, 5)
    assert (matrix > 0).tolist() == [
        [False, True, False, False, False],
        [True, False, False, False, False],
        [False, False, False, True, True],
        [False, False, True, False, False],
        [False, False, True, False, False],
    ]
    unchanged = grow(grown, ["3"], like_the_first[:1], [*fitted, ITEMS[3], Item("new", "Argan Shampoo")])
    assert (unchanged.parts["words"].matrix.toarray() == matrix).all()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("items", "kept"), [(10, 300), (20_000, 300), (20_001, 100)])
def test_large_catalogues_keep_fewer(items: int, kept: int) -> None:
    assert kept_of(items) == kept
