"""How interests are to be remembered: the habits under which what came next was likeliest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, minimize

from interests.tracker import DAY, NEVER, Floats, Habits, Interests, Log, trace

LEAST_P = 1e-12
REACH = float(np.log(1_000))  # each field is looked for within a thousandth and a thousand times of where it starts
IN_ORDER = ("slow_events", "fast_events", "fast", "prior", "binge", "accident", "neutral", "against")
IN_TIME = ("slow_seconds", "fast_seconds")
START = Habits(slow_seconds=365 * DAY, binge=0.05, accident=0.05)


def topic_log_loss(forecast: NDArray[np.floating], truth: NDArray[np.floating]) -> Floats:
    """-Σ truth · log forecast in nats, the truth's mass split equally over its item's topics; NaN without topics.

    Both are [events, topics].
    """
    loss = -(truth * np.log(np.maximum(forecast, LEAST_P))).sum(axis=1).astype(np.float64)
    return np.where(truth.any(axis=1), loss, np.nan)


def fit_habits(
    log: Log,
    everyone: Floats,
    asked: NDArray[np.bool_],
    names: Sequence[str] = IN_ORDER + IN_TIME,
    start: Habits = START,
    rounds: int = 3,
) -> Habits:
    """The habits with the least mean log-loss of the events that are `asked` about, bool [events].

    By Powell's method over the logarithms of the fields called `names`; the others stay as in `start`. Where all events
    are at one moment nothing is said of time.
    """
    if not np.ptp(log.seconds):
        names = [name for name in names if name not in IN_TIME]
        start = replace(start, **dict.fromkeys(IN_TIME, NEVER))
    users = int(log.users.max()) + 1

    def told(logarithms: Floats) -> Habits:
        return replace(start, **dict(zip(names, np.exp(logarithms).tolist(), strict=True)))

    def cost(logarithms: Floats) -> float:
        forecast = trace(Interests.of(users, everyone, told(logarithms)), log)
        return float(np.nanmean(topic_log_loss(forecast[asked], log.mass[asked])))

    begin = np.log(np.array([getattr(start, name) for name in names]))
    bounds = Bounds(begin - REACH, begin + REACH)
    found = minimize(
        cost, begin, method="Powell", bounds=bounds, options={"maxiter": rounds, "ftol": 1e-4, "xtol": 0.05}
    )
    return told(found.x)
