"""What was learnt of topics, on topics that are others by now."""

from __future__ import annotations

import numpy as np
import pytest

from agent.tracking import Tracking
from interests.tracker import Habits

LEARNT = Tracking(Habits(prior=1.0), ("Drama", "Horror"), np.array([0.75, 0.25]), np.array([1.0, 0.0]))
ONE = np.zeros(1, np.int64)


@pytest.mark.parametrize(
    ("topics", "usual"),
    [
        (("Horror", "Drama"), [0.25, 0.75]),
        (("Drama",), [1.0]),
        (("Drama", "Horror", "Western"), [0.75, 0.25, 0.0]),
        (("Western", "War"), [0.5, 0.5]),
        ((), []),
    ],
)
def test_topics_that_came_and_went_have_shares_that_sum_to_one(topics: tuple[str, ...], usual: list[float]) -> None:
    today = LEARNT.on(topics)
    assert today.everyone.tolist() == usual
    assert today.empty(1).forecast(ONE)[0].tolist() == pytest.approx(usual)
