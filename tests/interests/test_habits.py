"""Habits are chosen by what came next: short memories where tastes turn often, long ones where they stay."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from eval.planted import plant
from interests.habits import fit_habits, topic_log_loss
from interests.tracker import NEVER, Habits, Interests, Log, trace

TOPICS, EVENTS, USERS = 8, 160, 20
EVERYONE = np.full(TOPICS, 1 / TOPICS)


def log_of(kind: str) -> Log:
    made = plant(kind, USERS, EVENTS, TOPICS, np.random.default_rng(0))
    count = len(made.users)
    return Log(made.users, np.zeros(count), made.mass, np.ones(count, np.float32), np.ones(count, np.int8))


def loss(log: Log, habits: Habits, asked: np.ndarray) -> float:
    forecast = trace(Interests.of(USERS, EVERYONE, habits), log)
    return float(np.nanmean(topic_log_loss(forecast[asked], log.mass[asked])))


ASKED = np.arange(USERS * EVENTS) % EVENTS >= EVENTS // 2


@cache
def fitted(kind: str) -> Habits:
    return fit_habits(log_of(kind), EVERYONE, ASKED)


@pytest.mark.parametrize("kind", ["none", "seasonal"])
def test_fitted_habits_forecast_better_than_those_to_start_with(kind: str) -> None:
    log, found = log_of(kind), fitted(kind)
    assert loss(log, found, ASKED) < loss(log, Habits(), ASKED) - 0.003
    assert found.slow_seconds == found.fast_seconds == NEVER  # all at one moment: nothing is said of time


def test_tastes_that_turn_are_remembered_for_a_shorter_time() -> None:
    assert fitted("seasonal").slow_events < 60 < fitted("none").slow_events
