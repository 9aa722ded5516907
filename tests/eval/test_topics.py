import numpy as np
import pytest

from eval.topics import TopicTable, classification_report, topic_accuracy
from history.catalogue import Catalogue
from history.records import Item
from interests.habits import topic_log_loss

CATALOGUE = Catalogue(
    [Item("a", "A", categories=("Crime", "Drama")), Item("b", "B", categories=("Drama",)), Item("c", "C")]
)


def test_mass_is_split_equally() -> None:
    table = TopicTable.of(CATALOGUE)
    assert table.names == ("Crime", "Drama")
    assert table.mass.tolist() == [[0.5, 0.5], [0, 1], [0, 0]]
    assert table.forecast(np.log(np.array([[0.4, 0.4, 0.2]]))).tolist() == [pytest.approx([0.25, 0.75])]


def test_log_loss_and_accuracy_by_hand() -> None:
    truth = TopicTable.of(CATALOGUE).mass
    forecast = np.array([[0.25, 0.75]] * 3)
    expected = [-(np.log(0.25) + np.log(0.75)) / 2, -np.log(0.75)]
    assert topic_log_loss(forecast, truth)[:2].tolist() == pytest.approx(expected)
    assert topic_accuracy(np.array([0, 0, 0]), truth)[:2].tolist() == [1, 0]
    assert np.isnan(topic_log_loss(forecast, truth)[2])
    assert np.isnan(topic_accuracy(np.array([0, 0, 0]), truth)[2])


def test_the_report_by_hand() -> None:
    truth = np.array([[0.5, 0.5, 0.0], [0, 1, 0], [0.5, 0, 0.5], [0, 0, 0]])
    report = classification_report(np.array([0, 0, 1, 2]), truth)
    # topic 0: 1 of 2 claims right, true 1 + ½; topic 1: 0 of 1 right; topic 2: never claimed, true ½
    assert report.precision == pytest.approx((1 / 2 + 0 + 0) / 3)
    assert report.recall == pytest.approx((1 / 1.5 + 0 + 0) / 3)
    assert report.f1 == pytest.approx(2 * (1 / 2) * (2 / 3) / (1 / 2 + 2 / 3) / 3)


def test_the_report_is_one_for_right_answers_and_zero_for_wrong_ones() -> None:
    truth = np.array([[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]])
    right = classification_report(np.array([0, 1, 2]), truth)
    assert (right.precision, right.recall, right.f1) == (1, 1, 1)
    wrong = classification_report(np.array([2, 0, 1]), truth)
    assert (wrong.precision, wrong.recall, wrong.f1) == (0, 0, 0)
    assert classification_report(np.array([0]), np.zeros((1, 3))).f1 == 0


def test_one_topic_an_item_is_the_usual_report() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(2)
    truth, predicted = generator.integers(0, 5, 200), generator.integers(0, 4, 200)
    report = classification_report(predicted, np.eye(6)[truth])
    expected = metrics.precision_recall_fscore_support(truth, predicted, average="macro", zero_division=0)
    assert (report.precision, report.recall, report.f1) == pytest.approx(expected[:3])
