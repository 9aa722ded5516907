"""Several heads rank together by the mean of what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.head import averaged, mean_weights


class Says:
    """A head that always says the same."""

    def __init__(self, p: Sequence[float]) -> None:
        self._log_p = np.log(np.array([p]))

    def log_p(self, timelines: Sequence[Any], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
        found: NDArray[np.float64] = np.where(allowed, self._log_p, -np.inf)
        return found


def test_the_mean_of_two_heads_sums_to_one() -> None:
    two: Any = [Says([0.5, 0.25, 0.25]), Says([0.125, 0.5, 0.375])]
    found = np.exp(averaged(two, [], np.array([[True, True, False]])))
    one, other = np.sqrt(0.5 * 0.125), np.sqrt(0.25 * 0.5)
    assert found[0] == pytest.approx([one / (one + other), other / (one + other), 0.0])


def test_one_head_is_its_own_mean() -> None:
    one: Any = [Says([0.5, 0.25, 0.25])]
    assert np.exp(averaged(one, [], np.ones((1, 3), bool)))[0] == pytest.approx([0.5, 0.25, 0.25])
    assert mean_weights([{"retrieval": 1.0, "head": 0.5}, {"retrieval": 0.5, "head": 0.1}]) == pytest.approx(
        {"retrieval": 0.75, "head": 0.3}
    )
