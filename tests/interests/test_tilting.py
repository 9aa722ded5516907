import numpy as np
import pytest

from interests.tilting import fit_tilt, tilted

EVERYONE = np.array([0.7, 0.2, 0.1])


def test_without_a_say_everyones_shares_stay() -> None:
    assert tilted(EVERYONE, np.ones((2, 3)), np.array([1.0, 0.0])) == pytest.approx(np.array([EVERYONE] * 2))


def test_a_nat_more_is_e_times_as_likely_beside_the_others() -> None:
    (found,) = tilted(EVERYONE, np.array([[0.0, 0.0, 1.0]]), np.array([1.0, 1.0]))
    assert found[2] / found[0] == pytest.approx(np.e / 7)
    assert found.sum() == pytest.approx(1.0)


def test_what_was_true_is_believed_and_what_was_not_is_not() -> None:
    generator = np.random.default_rng(0)
    values = generator.normal(size=(2_000, 3))
    right = np.argmax(np.log(EVERYONE) + 0.5 * values + generator.gumbel(size=values.shape), axis=1)
    prior, said = fit_tilt(EVERYONE, values, np.eye(3)[right])
    assert (prior, said) == pytest.approx((1.0, 0.5), abs=0.1)
    assert fit_tilt(EVERYONE, generator.normal(size=values.shape), np.eye(3)[right])[1] == pytest.approx(0.0, abs=0.1)
