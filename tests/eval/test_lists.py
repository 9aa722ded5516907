import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval.lists import coverage, diversity, gini, novelty, popularity_lift

LISTS = np.array([[0, 1], [0, 2], [0, -1]])


def test_coverage_by_hand() -> None:
    assert coverage(LISTS, 4) == 0.75
    assert coverage(np.full((2, 3), -1), 4) == 0


def test_gini_by_hand() -> None:
    # listed 0, 1, 1, 3 times: (-3·0 - 1·1 + 1·1 + 3·3) / (4 · 5)
    assert gini(LISTS, 4) == pytest.approx(9 / 20)
    assert gini(np.array([[0, 1], [2, 3]]), 4) == 0
    assert gini(np.array([[2], [2]]), 4) == pytest.approx(1 - 1 / 4)
    assert gini(np.full((2, 3), -1), 4) == 0


def test_novelty_by_hand() -> None:
    counts = np.array([3.0, 1.0, 0.0])
    # p = 4/4, 2/4, 1/4 of three users
    assert novelty(LISTS, counts, 3).tolist() == pytest.approx([0.5, 1.0, 0.0])


def test_diversity_by_hand() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    assert diversity(LISTS, vectors).tolist() == pytest.approx([1 - 1 / np.sqrt(2), 1.0, 0.0])
    assert diversity(np.array([[0, 1, 2]]), vectors).tolist() == pytest.approx([1 - 1 / np.sqrt(2) / 3])


def test_popularity_lift_by_hand() -> None:
    counts = np.array([6.0, 2.0, 0.0])
    histories = [np.array([1]), np.array([0, 1]), np.array([2])]
    assert popularity_lift(LISTS, histories, counts).tolist() == pytest.approx([1.0, -0.25, 0.0])


@given(arrays(np.int64, (4, 3), elements=st.integers(-1, 5)), arrays(float, (6, 3), elements=st.integers(0, 2)))
def test_all_stay_within_bounds(lists: np.ndarray, vectors: np.ndarray) -> None:
    assert 0 <= coverage(lists, 6) <= 1
    assert 0 <= gini(lists, 6) <= 1
    found = diversity(lists, vectors)
    assert ((found >= 0) & (found <= 1)).all()


def test_diversity_agrees_with_all_pairs() -> None:
    generator = np.random.default_rng(1)
    vectors = generator.random((20, 5))
    lists = np.stack([generator.permutation(20)[:6] for _ in range(9)])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    slow = [np.mean([1 - units[a] @ units[b] for a in row for b in row if a < b]) for row in lists]
    assert diversity(lists, vectors).tolist() == pytest.approx(slow)
