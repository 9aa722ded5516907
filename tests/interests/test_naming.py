import numpy as np
import pytest

from interests.naming import class_tf_idf, distinct_names, nearest_words, typical
from interests.topics import Topics

TOPICS = Topics.of_clusters(np.array([0, 0, 1, 1]), 2)


def test_a_word_that_one_topic_has_tells_more_than_one_that_all_have() -> None:
    first, second = class_tf_idf(TOPICS, [["horror", "us"], ["horror", "us"], ["comedy", "us"], ["love", "us"]])
    assert first["horror"] > first["us"]
    assert second["comedy"] == pytest.approx(0.25 * np.log1p(4 / 1))
    assert first["us"] == pytest.approx(0.5 * np.log1p(4 / 4))


def test_a_word_that_means_what_its_topic_is_about_tells_more() -> None:
    meant = {"horror": [1.0, 0.0], "large": [0.6, 0.8], "love": [0.0, 1.0]}
    telling = [{"large": 0.5, "horror": 0.4}, {"large": 0.5, "love": 0.4}, {}]
    middles = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5]], np.float32)
    first, second, third = nearest_words(telling, middles, lambda words: np.array([meant[word] for word in words]))
    assert first["horror"] > 0 and "large" not in first
    assert second["love"] > second["large"] > 0.0
    assert not third


def test_names_take_as_many_words_as_it_takes_to_differ() -> None:
    telling = [{"drama": 2.0, "war": 1.0}, {"drama": 2.0, "love": 1.0}, {"horror": 1.0}]
    assert distinct_names(telling) == ("drama, war", "drama, love", "horror")


def test_topics_without_words_or_of_the_same_words_get_their_number() -> None:
    assert distinct_names([{}, {"drama": 1.0}, {"drama": 1.0}]) == ("topic 1", "drama, topic 2", "drama, topic 3")


def test_typical_items_are_the_topics_own_and_the_closest() -> None:
    closeness = np.array([[0.1, 0.9], [0.8, 0.9], [0.9, 0.2], [0.9, 0.3]])
    assert [places.tolist() for places in typical(TOPICS, closeness, 1)] == [[1], [3]]
    assert [places.tolist() for places in typical(TOPICS, closeness)] == [[1, 0], [3, 2]]
