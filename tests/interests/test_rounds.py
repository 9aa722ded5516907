import numpy as np

from interests.rounds import rounds


def test_every_round_holds_a_user_once_and_each_ones_order_stays() -> None:
    users = np.array([2, 0, 2, 1, 2, 0])
    assert [places.tolist() for places in rounds(users)] == [[1, 3, 0], [5, 2], [4]]


def test_no_events_are_no_rounds() -> None:
    assert list(rounds(np.zeros(0, np.int64))) == []
