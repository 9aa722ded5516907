"""Two memories that fade: what they forecast, and that many users together are as each alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from interests.tracker import DAY, NEVER, Habits, Interests, Log, see_all, trace

EVERYONE = np.array([0.5, 0.3, 0.2])
ONE = np.zeros(1, np.int64)
PLAIN = Habits(slow_events=NEVER, fast_events=1.0, fast_seconds=NEVER, fast=0.0, prior=1.0)


def log_of(topics: list[int], users: list[int] | None = None, seconds: list[float] | None = None) -> Log:
    count = len(topics)
    return Log(
        np.array(users or [0] * count),
        np.array(seconds or range(count), float),
        np.eye(3, dtype=np.float32)[topics],
        np.ones(count, np.float32),
        np.ones(count, np.int8),
    )


def after(log: Log, habits: Habits) -> Interests:
    interests = Interests.of(int(log.users.max()) + 1, EVERYONE, habits)
    see_all(interests, log)
    return interests


def test_nothing_known_is_everyones_taste_without_confidence() -> None:
    interests = Interests.of(1, EVERYONE, PLAIN)
    assert interests.forecast(ONE)[0] == pytest.approx(EVERYONE)
    assert interests.confidence(ONE) == pytest.approx([0.0])


def test_a_memory_that_never_fades_counts_events_beside_the_prior() -> None:
    interests = after(log_of([0, 0, 1]), PLAIN)
    assert interests.forecast(ONE)[0] == pytest.approx((np.array([2, 1, 0]) + EVERYONE) / 4)
    assert interests.confidence(ONE) == pytest.approx([3 / 4])


def test_the_fast_memory_halves_with_every_event() -> None:
    interests = after(log_of([0, 1, 2]), replace(PLAIN, fast=1.0))
    assert interests.fast[0] == pytest.approx([0.25, 0.5, 1.0])


def test_memories_halve_in_time_too_and_an_event_that_comes_late_counts_as_of_now() -> None:
    habits = replace(PLAIN, slow_seconds=DAY)
    interests = after(log_of([0, 1, 2], seconds=[0.0, DAY, 0.0]), habits)
    assert interests.slow[0] == pytest.approx([0.5, 1.0, 1.0])
    assert interests.last[0] == DAY
    assert interests.at(ONE, np.array([2 * DAY])).slow[0] == pytest.approx([0.25, 0.5, 0.5])
    assert interests.slow[0] == pytest.approx([0.5, 1.0, 1.0])  # that was a copy


def test_ten_years_of_silence_leave_everyones_taste() -> None:
    interests = after(log_of([0] * 50), replace(PLAIN, slow_seconds=30 * DAY))
    later = interests.at(ONE, np.array([3_650 * DAY]))
    assert later.forecast(ONE)[0] == pytest.approx(EVERYONE, abs=1e-6)


def test_a_binge_counts_less_than_as_many_events_apart() -> None:
    habits = replace(PLAIN, binge=1.0, session=60.0)
    at_once, apart = log_of([0] * 5, seconds=[0.0] * 5), log_of([0] * 5, seconds=[3_600.0 * i for i in range(5)])
    assert after(at_once, habits).slow[0, 0] < 0.5 * after(apart, habits).slow[0, 0]
    assert after(apart, habits).slow[0, 0] == pytest.approx(5.0, abs=1e-3)


def test_what_is_unlike_the_user_counts_less() -> None:
    interests = after(log_of([0] * 30 + [2]), replace(PLAIN, accident=1.0))
    assert interests.slow[0, 2] < 0.1
    assert interests.slow[0, 0] == pytest.approx(30.0)


def test_polarity_says_how_much_an_event_counts() -> None:
    log = replace(log_of([0, 1, 2]), polarity=np.array([1, 0, -1], np.int8))
    assert after(log, replace(PLAIN, neutral=0.5, against=0.0)).slow[0] == pytest.approx([1.0, 0.5, 0.0])


def test_many_users_together_are_as_each_alone_and_a_log_in_parts_as_a_whole() -> None:
    generator = np.random.default_rng(0)
    count, habits = 60, Habits(binge=0.3, accident=0.5)
    log = log_of(
        generator.integers(3, size=count).tolist(),
        generator.integers(4, size=count).tolist(),
        np.sort(generator.random(count) * 100 * DAY).tolist(),
    )
    whole = after(log, habits)
    forecasts = trace(Interests.of(4, EVERYONE, habits), log)
    for user in range(4):
        mine = log.users == user
        alone = Log(
            np.zeros(mine.sum(), np.int64), log.seconds[mine], log.mass[mine], log.weights[mine], log.polarity[mine]
        )
        assert after(alone, habits).forecast(ONE)[0] == pytest.approx(whole.forecast(np.array([user]))[0], abs=1e-6)
        assert trace(Interests.of(1, EVERYONE, habits), alone) == pytest.approx(forecasts[mine], abs=1e-6)
    parts = Interests.of(4, EVERYONE, habits)
    for part in (slice(0, 25), slice(25, count)):
        see_all(parts, Log(*(getattr(log, name)[part] for name in ("users", "seconds", "mass", "weights", "polarity"))))
    assert parts.slow == pytest.approx(whole.slow, abs=1e-6)


def test_an_event_without_topics_changes_no_share() -> None:
    log = log_of([0, 1])
    log.mass[1] = 0
    assert after(log, PLAIN).slow[0] == pytest.approx([1.0, 0.0, 0.0])
