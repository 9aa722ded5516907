import numpy as np
import pytest

from interests.state import TopicMap, TopicShare

MAP = TopicMap({"a": ["Crime", "Drama"], "b": ["Drama"], "c": []})


def test_an_items_mass_is_split_equally_over_its_topics() -> None:
    assert MAP.shares(["a", "b"], np.array([2.0, 1.0])) == pytest.approx([1 / 3, 2 / 3])


def test_items_without_topics_and_unknown_ones_count_nothing() -> None:
    assert not MAP.shares(["c", "x"], np.array([1.0, 1.0])).any()


def test_the_leading_topics_come_first_and_those_without_share_are_left_out() -> None:
    assert MAP.leading(np.array([0.0, 1.0]), 3) == [TopicShare("Drama", 1.0)]
