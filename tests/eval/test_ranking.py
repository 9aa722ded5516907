import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytrec_eval import RelevanceEvaluator

from eval.metrics import mid_rank, mrr, ndcg, recall
from eval.protocols.split import Case
from eval.ranking import rankable, target_ranks, top_lists

NONE = np.zeros(4)


def case(history: list[int], target: int, candidates: list[int] | None = None) -> Case:
    return Case(0, np.array(history, int), target, 0, 0.0, None if candidates is None else np.array(candidates))


def test_the_history_is_left_out_and_candidates_are_all_there_is() -> None:
    allowed = rankable([case([1], 2), case([], 0), case([1], 2, [0, 2])], 4)
    assert allowed.tolist() == [[True, False, True, True], [True] * 4, [True, False, True, False]]


def test_popularity_decides_ties_then_the_middle() -> None:
    scores = np.array([[1.0, 1.0, 1.0, 2.0]])
    popularity = np.array([5.0, 9.0, 5.0, 0.0])
    assert target_ranks(scores, np.array([3]), popularity).tolist() == [1]
    assert target_ranks(scores, np.array([1]), popularity).tolist() == [2]
    assert target_ranks(scores, np.array([0]), popularity).tolist() == [3.5]


def test_equal_scores_get_the_middle_rank() -> None:
    assert target_ranks(np.zeros((1, 4)), np.array([2]), NONE).tolist() == [2.5]


def test_a_target_outside_the_list_is_a_miss() -> None:
    scores = np.array([[-np.inf, 3.0, -np.inf, 1.0]])
    ranks = target_ranks(scores, np.array([0]), NONE)
    assert np.isposinf(ranks[0])
    assert ndcg(ranks, 10)[0] == recall(ranks, 50)[0] == mrr(ranks, 10)[0] == 0
    assert top_lists(scores, NONE, 3).tolist() == [[1, 3, -1]]


def test_lists_settle_ties_by_popularity_then_by_the_catalogue() -> None:
    popularity = np.array([5.0, 9.0, 5.0, 0.0])
    assert top_lists(np.zeros((1, 4)), popularity, 6).tolist() == [[1, 0, 2, 3, -1, -1]]


def test_metrics_by_hand() -> None:
    ranks = np.array([1.0, 2.0, 3.5, 10.0, 10.5, np.inf])
    expected = [1, 1 / np.log2(3), 1 / np.log2(4.5), 1 / np.log2(11), 0, 0]
    assert ndcg(ranks, 10).tolist() == pytest.approx(expected)
    assert recall(ranks, 10).tolist() == [1, 1, 1, 1, 0, 0]
    assert mrr(ranks, 10).tolist() == pytest.approx([1, 0.5, 1 / 3.5, 0.1, 0, 0])
    assert isinstance(ndcg(2.0, 10), float)
    assert ndcg(1.0, 10) == recall(1.0, 1) == mrr(1.0, 1) == 1


@given(arrays(float, (3, 8), elements=st.integers(-3, 3)), st.integers(0, 7))
def test_ranks_agree_with_counting_and_metrics_stay_within_bounds(scores: np.ndarray, target: int) -> None:
    ranks = target_ranks(scores, np.full(3, target), np.zeros(8))
    assert ranks.tolist() == [mid_rank(row, target) for row in scores]
    for metric in (ndcg, recall, mrr):
        for k in (1, 5, 10):
            assert ((metric(ranks, k) >= 0) & (metric(ranks, k) <= 1)).all()


@given(
    arrays(float, (2, 8), elements=st.floats(-5, 5)), arrays(float, 8, elements=st.integers(0, 3)), st.integers(1, 9)
)
def test_lists_hold_the_best_without_repeats(scores: np.ndarray, popularity: np.ndarray, k: int) -> None:
    for row, found in zip(scores, top_lists(scores, popularity, k), strict=True):
        kept = found[found >= 0]
        assert len(set(kept.tolist())) == len(kept) == min(k, 8)
        assert sorted(row[kept], reverse=True) == row[kept].tolist() == sorted(row, reverse=True)[:k]


def test_trec_eval_agrees() -> None:
    generator = np.random.default_rng(0)
    scores = generator.permuted(np.tile(np.arange(60.0), (50, 1)), axis=1)
    targets = generator.integers(0, 60, 50)
    ranks = target_ranks(scores, targets, np.zeros(60))
    qrels = {f"q{row}": {f"i{target}": 1} for row, target in enumerate(targets)}
    run = {f"q{row}": {f"i{item}": float(value) for item, value in enumerate(s)} for row, s in enumerate(scores)}
    found = RelevanceEvaluator(qrels, {"ndcg_cut.10", "recall.10,50", "recip_rank"}).evaluate(run)
    for row in range(50):
        measured = found[f"q{row}"]
        assert measured["ndcg_cut_10"] == pytest.approx(ndcg(ranks, 10)[row])
        assert measured["recall_10"] == recall(ranks, 10)[row]
        assert measured["recall_50"] == recall(ranks, 50)[row]
        assert measured["recip_rank"] == pytest.approx(mrr(ranks, 60)[row])
