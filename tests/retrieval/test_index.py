from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike

import retrieval.index
from retrieval.encoder import Vectors
from retrieval.index import ItemIndex
from retrieval.scan import load_faiss
from workspace.errors import DataError, UnknownName

VECTORS = np.eye(4, dtype=np.float32)
IDS = ["a", "b", "c", "d"]
ITEMS, WIDTH = 4_000, 16


def made(items: int, seed: int = 0, width: int = WIDTH) -> Vectors:
    """Vectors of many lengths in a few clusters."""
    generator = np.random.default_rng(seed)
    centres = 2 * generator.standard_normal((20, width))
    vectors = centres[generator.integers(0, 20, items)] + generator.standard_normal((items, width))
    return (vectors * generator.uniform(0.5, 2, (items, 1))).astype(np.float32)


def names(items: int) -> list[str]:
    return [f"i{place}" for place in range(items)]


def best(vectors: Vectors, query: Vectors, count: int, allowed: np.ndarray | None = None) -> list[int]:
    """The answer that numpy gives."""
    places = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    return list(places[np.argsort(-(vectors[places] @ query), kind="stable")[:count]])


def found(index: ItemIndex, query: ArrayLike, count: int = 9) -> list[str]:
    return [index.item_ids[place] for place in index.search(np.array(query, np.float32), count)[0]]


@pytest.fixture
def few_are_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inverted lists where there are more than 300 items."""
    monkeypatch.setattr(retrieval.index, "EXACT_UP_TO", 300)


@pytest.fixture
def large(few_are_exact: None) -> ItemIndex:
    return ItemIndex(names(ITEMS), made(ITEMS))


def test_the_index_finds_the_nearest_and_obeys_what_is_allowed() -> None:
    index = ItemIndex(IDS, VECTORS)
    query = np.array([0.1, 0.9, 0.5, 0.0], np.float32)
    places, products = index.search(query, 2)
    assert [IDS[place] for place in places] == ["b", "c"]
    assert products == pytest.approx([0.9, 0.5])
    places, _ = index.search(query, 3, np.array([True, False, False, True]))
    assert [IDS[place] for place in places] == ["a", "d"]
    assert (index.kind, index.recall) == ("flat", 1.0)


@given(st.integers(1, 60), st.integers(0, 70), st.floats(0, 1), st.integers(0, 9))
def test_a_small_catalogue_is_searched_exactly(items: int, count: int, share: float, seed: int) -> None:
    vectors = made(items, seed)
    allowed = np.random.default_rng(seed).random(items) < share
    query = made(1, seed + 1)[0]
    places, products = ItemIndex(names(items), vectors).search(query, count, allowed)
    assert list(places) == best(vectors, query, count, allowed)
    assert products == pytest.approx(vectors[places] @ query, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("items", [50, ITEMS])
@pytest.mark.usefixtures("few_are_exact")
def test_more_than_there_are_gives_all_and_nothing_allowed_gives_none(items: int) -> None:
    index = ItemIndex(names(items), made(items))
    query = made(1, 7)[0]
    assert sorted(index.search(query, 10 * items)[0]) == list(range(items))
    places, products = index.search(query, 5, np.zeros(items, bool))
    assert (len(places), len(products)) == (0, 0)


@pytest.mark.usefixtures("few_are_exact")
def test_items_without_text_are_items_like_others() -> None:
    vectors = made(ITEMS)
    vectors[::2] = 0
    index = ItemIndex(names(ITEMS), vectors)
    for query in (vectors[1], np.zeros(WIDTH, np.float32)):
        assert sorted(index.search(query, ITEMS)[0]) == list(range(ITEMS))
    assert found(ItemIndex(["blank", "a"], np.array([[0, 0], [1, 1]], np.float32)), [1, 1]) == ["a", "blank"]


def test_equal_items_come_in_the_order_of_the_catalogue() -> None:
    index = ItemIndex(names(1_003), np.tile(made(1), (1_003, 1)))
    assert list(index.search(made(1, 3)[0], 1_003)[0]) == list(range(1_003))


def test_a_large_catalogue_is_searched_with_the_promised_recall(large: ItemIndex) -> None:
    vectors = large.vectors
    queries = vectors[:200].reshape(40, 5, WIDTH).mean(axis=1)
    hits = [len({*best(vectors, query, 100)} & {*large.search(query, 100)[0].tolist()}) for query in queries]
    assert np.mean(hits) >= 99
    assert large.kind == "inverted lists"
    assert large.recall >= 0.99


@pytest.mark.parametrize("share", [0.5, 0.2, 0.02])
def test_a_filter_costs_no_recall(large: ItemIndex, share: float) -> None:
    allowed = np.random.default_rng(0).random(ITEMS) < share
    query = large.vectors[:5].mean(axis=0)
    places, _ = large.search(query, 50, allowed)
    assert len(places) == 50
    assert allowed[places].all()
    assert len({*places.tolist()} & {*best(large.vectors, query, 50, allowed)}) >= 49


def test_a_filter_that_shuts_out_all_near_lists_still_gets_its_answers(large: ItemIndex) -> None:
    query = large.vectors[0]
    far = np.ones(ITEMS, bool)
    far[best(large.vectors, query, 3_500)] = False
    places, _ = large.search(query, 400, far)
    assert len(places) == 400
    assert far[places].all()


@pytest.mark.usefixtures("few_are_exact")
def test_it_is_tuned_on_the_queries_that_it_is_given() -> None:
    vectors = made(ITEMS)
    easy, hard = vectors[:40], made(40, 5)
    recalls = [ItemIndex(names(ITEMS), vectors, queries).recall for queries in (easy, hard, hard[:1])]
    assert min(recalls) >= 0.98


@pytest.mark.parametrize("items", [200, ITEMS])
@pytest.mark.usefixtures("few_are_exact")
def test_items_are_added_changed_and_withdrawn_in_place(items: int) -> None:
    index = ItemIndex(names(items), made(items))
    target = np.full(WIDTH, 20, np.float32)
    index.add(["new", "i7"], np.stack([target, 2 * target]))
    assert index.places["i7"] == 7
    assert index.places["new"] == items
    assert found(index, target, 2) == ["i7", "new"]
    index.withdraw(["i7"])
    assert found(index, target, 1) == ["new"]
    assert len(index.search(target, 10 * items)[0]) == items
    assert len(index.search(target, 10 * items, np.ones(items + 1, bool))[0]) == items
    index.add(["i7"], 3 * target[None])
    assert found(index, target, 2) == ["i7", "new"]
    assert index.item_ids == (*names(items), "new")


@pytest.mark.usefixtures("few_are_exact")
def test_growing_over_the_bound_makes_lists_and_keeps_what_was_withdrawn() -> None:
    index = ItemIndex(names(200), made(200))
    index.withdraw(["i3"])
    before = index.vectors
    index.add([f"n{place}" for place in range(1_000)], made(1_000, 1))
    assert index.kind == "inverted lists"
    assert 3 not in index.search(index.vectors[3], 1_199)[0]
    assert np.array_equal(index.vectors[:200], before)


def test_everything_may_be_withdrawn() -> None:
    index = ItemIndex(IDS, VECTORS)
    index.withdraw(IDS)
    assert found(index, [1, 1, 1, 1]) == []
    index.add([], VECTORS[:0])
    index.add(["c"], VECTORS[2:3])
    assert found(index, [1, 1, 1, 1]) == ["c"]


def test_an_empty_catalogue_and_a_broken_vector_are_refused() -> None:
    with pytest.raises(DataError, match="catalogue is empty"):
        ItemIndex([], np.zeros((0, 4), np.float32))
    for value in (np.nan, np.inf):
        broken = VECTORS.copy()
        broken[2, 0] = value
        with pytest.raises(DataError, match="item 'c' is not finite"):
            ItemIndex(IDS, broken)
        with pytest.raises(DataError, match="item 'c' is not finite"):
            ItemIndex(["a"], VECTORS[:1]).add(IDS[1:], broken[1:])


def test_one_item_is_a_catalogue() -> None:
    assert found(ItemIndex(["only"], VECTORS[:1]), [-1, 0, 0, 0]) == ["only"]


def test_what_does_not_fit_is_refused_and_changes_nothing() -> None:
    index = ItemIndex(IDS, VECTORS)
    with pytest.raises(DataError, match="item 'b' comes 2 times.*keep one"):
        ItemIndex(["a", "b", "c", "b"], VECTORS)
    with pytest.raises(DataError, match="item 'x' comes 2 times"):
        index.add(["x", "x"], VECTORS[:2])
    with pytest.raises(DataError, match=r"2 items but embeddings of shape \(4, 4\)"):
        index.add(["x", "y"], VECTORS)
    with pytest.raises(DataError, match="vectors to add: width 3.*width 4.*foretaste fit"):
        index.add(["x"], np.ones((1, 3), np.float32))
    with pytest.raises(DataError, match="the query: width 5.*width 4"):
        index.search(np.ones(5, np.float32), 1)
    with pytest.raises(DataError, match="the query is not finite"):
        index.search(np.full(4, np.nan, np.float32), 1)
    with pytest.raises(DataError, match="queries to tune the index on: width 3"):
        ItemIndex(IDS, VECTORS, np.ones((9, 3), np.float32))
    with pytest.raises(UnknownName, match="unknown item 'e'; nearest known ids"):
        index.withdraw(["a", "e"])
    assert found(index, [4, 3, 2, 1]) == IDS


def test_without_faiss_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    load = builtins.__import__

    def missing(name: str, *arguments: object) -> object:
        if name == "faiss":
            raise ImportError(name)
        return load(name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match="faiss is missing; run: make setup"):
        ItemIndex(IDS, VECTORS).search(VECTORS[0], 1)


@pytest.fixture
def copies(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """The indexes copied to a GPU by a FAISS that pretends to have one; a copy answers on the processor."""
    copied: list[object] = []

    def copy(resources: object, device: int, index: object) -> object:
        copied.append(index)
        return index

    faiss = load_faiss()
    stand_ins: Mapping[str, object] = {
        "get_num_gpus": lambda: 1,
        "StandardGpuResources": object,
        "index_cpu_to_gpu": copy,
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(faiss, name, stand_in, raising=False)
    yield copied


@pytest.mark.parametrize("items", [200, ITEMS])
@pytest.mark.usefixtures("few_are_exact")
def test_a_gpu_answers_without_a_filter_from_a_fresh_copy(copies: list[object], items: int) -> None:
    index = ItemIndex(names(items), made(items))
    query = made(1, 3)[0]
    for _ in range(2):
        assert list(index.search(query, 5)[0]) == best(index.vectors, query, 5)
    assert len(copies) == 1
    index.add(["new"], 50 * query[None])
    assert found(index, query, 1) == ["new"]
    assert len(copies) == 2
    index.withdraw(["new"])
    assert list(index.search(query, 5)[0]) == best(index.vectors[:-1], query, 5)
