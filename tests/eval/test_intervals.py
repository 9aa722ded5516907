import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.comparisons import compare, detectable, holm, paired_p
from eval.intervals import bootstrap, jackknife, resampled_means, user_means


def test_an_interval_has_its_nominal_width() -> None:
    sample = np.random.default_rng(0).normal(3.0, 2.0, 400)
    found = bootstrap(sample)
    assert found.mean == pytest.approx(sample.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * sample.std() / 20, rel=0.1)
    assert bootstrap(sample) == found
    assert bootstrap([2.0]).low == bootstrap([2.0]).high == 2.0
    with pytest.raises(ValueError, match="no values"):
        bootstrap([])


def test_resamples_are_shared_by_columns() -> None:
    values = np.random.default_rng(0).random(50)
    means = resampled_means(np.stack([values, values + 1], axis=1))
    assert means.shape == (2_000, 2)
    assert np.allclose(means[:, 1] - means[:, 0], 1)


def test_a_user_counts_once_however_many_targets() -> None:
    users = np.array([3, 3, 3, 1, 2])
    known, means = user_means(users, np.array([1.0, 1.0, 0.1, 0.0, np.nan]))
    assert known.tolist() == [1, 3]
    assert means.tolist() == pytest.approx([0, 0.7])


def test_whole_users_are_resampled() -> None:
    # 20 users of 50 equal answers each: a bootstrap over answers would be seven times too sure
    generator = np.random.default_rng(1)
    taste = generator.normal(size=20)
    _, means = user_means(np.repeat(np.arange(20), 50), np.repeat(taste, 50))
    found = bootstrap(means)
    assert found.n == 20
    assert found.high - found.low == pytest.approx(2 * 1.96 * taste.std() / np.sqrt(20), rel=0.2)


def test_the_jackknife_agrees_with_the_standard_error_of_a_mean() -> None:
    values = np.random.default_rng(0).uniform(0.3, 0.7, 4_000)
    found = jackknife(np.arange(4_000), lambda kept: float(values[kept].mean()))
    assert found.mean == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 2.09 * values.std() / np.sqrt(4_000), rel=0.5)
    assert jackknife(np.array([1, 1]), lambda kept: 0.5).n == 1


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_only_raises_and_keeps_the_order(values: list[float]) -> None:
    found = holm(values)
    assert all(0 <= p <= corrected <= 1 for p, corrected in zip(values, found, strict=True))
    order = np.argsort(values, kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0).all()


def test_the_detectable_difference() -> None:
    # standard deviation .22 over 943 users can show .020
    difference = np.random.default_rng(0).normal(size=943)
    difference *= 0.22 / difference.std(ddof=1)
    assert detectable(difference) == pytest.approx(0.0201, abs=0.0001)


def test_pairs_are_compared_the_better_first() -> None:
    generator = np.random.default_rng(0)
    base = generator.random(200)
    values = {
        "worse": dict(enumerate(base.tolist())),
        "better": dict(enumerate((base + 0.1 + 0.05 * generator.random(200)).tolist())),
        "other": dict(enumerate(generator.random(200).tolist())),
        "lonely": {999: 1.0},
    }
    found = {(pair.better, pair.other): pair for pair in compare("ndcg@10", values)}
    assert len(found) == 3
    pair = found["better", "worse"]
    assert pair.significant
    assert pair.difference.low > 0.1
    assert pair.p_holm >= pair.p
    assert paired_p([0.0, 0.0]) == 1.0
    assert paired_p([1.0, 1.0]) == 0.0


def test_where_less_is_better_the_smaller_comes_first_by_what_it_saves() -> None:
    values = {"large": dict(enumerate([2.0, 3.0, 4.0])), "small": dict(enumerate([1.0, 2.5, 3.0]))}
    (found,) = compare("topic_logloss", values, less=True)
    assert (found.better, found.other) == ("small", "large")
    assert found.difference.mean == pytest.approx(2.5 / 3)
