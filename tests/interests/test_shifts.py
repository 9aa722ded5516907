"""Shifts of interest: found soon where they are planted, seldom where there are none."""

from __future__ import annotations

import numpy as np
import pytest

from eval.planted import KINDS, plant
from interests.shifts import find_shifts

EVENTS, TOPICS, USERS = 240, 19, 150
EVERYONE = np.full(TOPICS, 1 / TOPICS)


def test_quiet_users_raise_at_most_one_alarm_in_two_hundred_events() -> None:
    made = plant("none", USERS, EVENTS, TOPICS, np.random.default_rng(1))
    assert len(find_shifts(made.users, made.mass, EVERYONE)) <= USERS * EVENTS / 200


def test_sudden_changes_are_noticed_within_six_events_and_dated() -> None:
    made = plant("sudden", USERS, EVENTS, TOPICS, np.random.default_rng(2))
    first: dict[int, tuple[int, int]] = {}
    for shift in find_shifts(made.users, made.mass, EVERYONE):
        begun, noticed = shift.begun - shift.user * EVENTS, shift.noticed - shift.user * EVENTS
        if noticed >= made.changes[shift.user][0]:
            first.setdefault(shift.user, (begun, noticed))
    delays = [first[user][1] - made.changes[user][0] + 1 if user in first else EVENTS for user in range(USERS)]
    assert np.median(delays) <= 6
    dated = [abs(begun - made.changes[user][0]) for user, (begun, _) in first.items()]
    assert np.median(dated) <= 3


def test_a_shift_names_what_rose_and_what_fell() -> None:
    topics = np.array([0] * 40 + [1] * 12)
    (shift,) = find_shifts(np.zeros(52, np.int64), np.eye(3, dtype=np.float32)[topics], np.full(3, 1 / 3))
    assert (shift.user, shift.begun) == (0, 40)
    assert 40 < shift.noticed < 46
    assert shift.change.argmax() == 1
    assert shift.change.argmin() == 0
    assert shift.change.sum() == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_planted_changes_move_at_least_half_of_the_mass(kind: str) -> None:
    shares, changes = KINDS[kind](EVENTS, TOPICS, np.random.default_rng(3))
    assert np.allclose(shares.sum(axis=1), 1.0)
    for place in changes[:1]:
        later = min(place + 30, EVENTS - 1)
        assert np.abs(shares[later] - shares[place - 1]).sum() / 2 >= 0.5
    assert (kind == "none") == (not changes)


def test_events_without_topics_raise_no_alarm() -> None:
    assert find_shifts(np.zeros(50, np.int64), np.zeros((50, 3), np.float32), np.full(3, 1 / 3)) == []
    assert find_shifts(np.zeros(0, np.int64), np.zeros((0, 3), np.float32), np.full(3, 1 / 3)) == []
