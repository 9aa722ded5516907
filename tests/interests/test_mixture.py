import numpy as np
import pytest

from interests.mixture import fit_mixture, mixed

GOOD, BAD = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.1, 0.9], [0.8, 0.2]])
TRUTH = np.eye(2)


def test_a_mixture_is_the_weighted_mean() -> None:
    assert mixed([GOOD, BAD], np.array([0.75, 0.25])) == pytest.approx(0.75 * GOOD + 0.25 * BAD)


def test_what_forecasts_well_gets_the_weight() -> None:
    assert fit_mixture([BAD, GOOD], TRUTH) == pytest.approx([0.0, 1.0], abs=1e-6)


def test_forecasts_that_know_different_things_share_it() -> None:
    one, other = np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([[0.5, 0.5], [0.1, 0.9]])
    weights = fit_mixture([one, other], TRUTH)
    assert weights == pytest.approx([0.5, 0.5], abs=1e-6)


def test_events_without_topics_say_nothing() -> None:
    assert fit_mixture([BAD, GOOD], np.array([[1.0, 0.0], [0.0, 0.0]])) == pytest.approx([0.0, 1.0], abs=1e-6)
