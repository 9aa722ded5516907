import numpy as np
import pytest

from interests.topics import Topics, TopicShare, kept_ids

TOPICS = Topics.of_categories([["Crime", "Drama"], ["Drama"], []])


def test_an_items_mass_is_split_equally_over_its_topics() -> None:
    assert TOPICS.names == ("Crime", "Drama")
    assert TOPICS.mass.toarray().tolist() == [[0.5, 0.5], [0, 1], [0, 0]]
    assert TOPICS.shares(np.array([0, 1]), np.array([2.0, 1.0])) == pytest.approx([1 / 3, 2 / 3])


def test_items_without_topics_count_nothing() -> None:
    assert not TOPICS.shares(np.array([2, 2]), np.ones(2)).any()
    assert not TOPICS.shares(np.zeros(0, np.int64), np.zeros(0)).any()


def test_a_category_that_is_named_twice_counts_once() -> None:
    assert Topics.of_categories([["Crime", "Crime", "Drama"]]).mass.toarray().tolist() == [[0.5, 0.5]]


def test_the_leading_topics_come_first_and_those_without_share_are_left_out() -> None:
    assert TOPICS.leading(np.array([0.0, 1.0]), 3) == [TopicShare("Drama", 1.0)]


def test_clusters_are_topics_of_one_each() -> None:
    assert Topics.of_clusters(np.array([1, 0, 1]), 3).mass.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 1, 0]]


def test_a_topic_keeps_its_id_while_most_of_its_items_stay() -> None:
    before = {"0": ["a", "b", "c"], "1": ["d", "e"], "2": ["f"]}
    ids, fresh = kept_ids(before, [["d", "e", "x"], ["a", "b"], ["c", "f", "g"], ["y"]], 3)
    assert ids == ("1", "0", "2", "3")
    assert fresh == 4


def test_a_topic_that_fell_apart_is_gone_and_its_id_never_comes_back() -> None:
    ids, fresh = kept_ids({"0": ["a", "b", "c", "d"]}, [["a", "b"], ["c", "d"]], 1)
    assert ids == ("1", "2")
    assert kept_ids({}, [["a"]], fresh) == (("3",), 4)
