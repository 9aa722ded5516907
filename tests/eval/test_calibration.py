import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval.calibration import brier, calibration_bins, calibration_error, log_loss

LOG_P = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]))


def test_log_loss_by_hand() -> None:
    assert log_loss(LOG_P, np.array([1, 1])).tolist() == pytest.approx([np.log(4), -np.log(0.8)])


def test_a_target_without_probability_costs_much_but_not_all() -> None:
    assert log_loss(np.array([[0.0, -np.inf]]), np.array([1])).tolist() == pytest.approx([-np.log(1e-12)])


def test_brier_by_hand() -> None:
    assert brier(LOG_P, np.array([1, 1])).tolist() == pytest.approx([0.25 + 0.5625 + 0.0625, 0.01 + 0.04 + 0.01])
    assert brier(np.array([[0.0, -np.inf]]), np.array([0])).tolist() == [0]
    assert brier(np.array([[0.0, -np.inf]]), np.array([1])).tolist() == [2]


def test_calibration_by_hand() -> None:
    p, hits = np.array([0.2, 0.4, 0.6, 0.8]), np.array([0.0, 1.0, 1.0, 1.0])
    assert calibration_bins(p, hits, 2).tolist() == pytest.approx(np.array([[0.3, 0.5, 2], [0.7, 1.0, 2]]))
    assert calibration_error(p, hits, 2) == pytest.approx(0.25)
    assert calibration_error(p, hits) == pytest.approx((0.2 + 0.6 + 0.4 + 0.2) / 4)


def test_true_probabilities_are_calibrated() -> None:
    generator = np.random.default_rng(0)
    p = generator.random(200_000)
    hits = (generator.random(200_000) < p).astype(float)
    assert calibration_error(p, hits) < 0.01
    assert calibration_error(p, 1 - hits) > 0.3


@given(arrays(float, 30, elements=st.floats(0, 1)), arrays(float, 30, elements=st.sampled_from([0.0, 1.0])))
def test_the_error_stays_within_bounds(p: np.ndarray, hits: np.ndarray) -> None:
    assert 0 <= calibration_error(p, hits) <= 1
    assert calibration_error(hits, hits) == 0
    assert calibration_bins(p, hits)[:, 2].sum() == 30
