"""How interests are to be remembered: the habits under which what came next was likeliest."""

from __future__ import annotations

from dataclasses import asdict, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from interests.tracker import DAY, Floats, Habits, Interests, Log, trace

LEAST_P = 1e-12
IN_ORDER = ("slow_events", "fast_events", "fast", "prior", "binge", "accident", "neutral", "against")
IN_TIME = ("slow_seconds", "fast_seconds")
START = {"slow_seconds": 365 * DAY, "binge": 0.05, "accident": 0.05}


def topic_log_loss(forecast: NDArray[np.floating], truth: NDArray[np.floating]) -> Floats:
    """-Σ truth · log forecast in nats, the truth's mass split equally over its item's topics; NaN without topics.

    Both are [events, topics].
    """
    loss = -(truth * np.log(np.maximum(forecast, LEAST_P))).sum(axis=1).astype(np.float64)
    return np.where(truth.any(axis=1), loss, np.nan)


def fit_habits(log: Log, everyone: Floats, asked: NDArray[np.bool_], rounds: int = 3) -> Habits:
    """The habits with the least mean log-loss of the events that are `asked` about, bool [events].

    By Powell's method over the logarithms of the half-lives and weights. Where all events are at one moment only the
    order is remembered.
    """
    in_time = np.ptp(log.seconds) > 0
    names = IN_ORDER + (IN_TIME if in_time else ())
    start = {**asdict(Habits()), **START}
    users = int(log.users.max()) + 1

    def cost(logarithms: Floats) -> float:
        told = dict(zip(names, np.exp(logarithms).tolist(), strict=True))
        interests = Interests.of(users, everyone, replace(Habits(), **told))
        return float(np.nanmean(topic_log_loss(trace(interests, log)[asked], log.mass[asked])))

    start_at = np.log(np.array([start[name] for name in names]))
    found = minimize(cost, start_at, method="Powell", options={"maxiter": rounds, "ftol": 1e-4, "xtol": 0.05})
    return replace(Habits(), **dict(zip(names, np.exp(found.x).tolist(), strict=True)))
