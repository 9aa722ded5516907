"""From what is said of topics to a forecast: everyone's shares, tilted by it as far as it has proved to be true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import softmax

from interests.habits import topic_log_loss

Floats = NDArray[np.float64]
LEAST = 1e-12


def tilted(everyone: Floats, values: Floats, weights: Floats) -> Floats:
    """P(topic) ∝ everyone^a · e^(b · value), float64 [events, topics].

    `everyone`, float64 [topics], are the shares among all users, `values`, float64 [events, topics], what is said of
    each topic in nats, and `weights` a and b.
    """
    prior, said = weights
    found: Floats = softmax(prior * np.log(np.maximum(everyone, LEAST)) + said * values, axis=1)
    return found


def fit_tilt(everyone: Floats, values: Floats, truth: NDArray[np.floating]) -> Floats:
    """The weights a and b of `tilted` under which `truth`, [events, topics], was likeliest."""

    def cost(weights: Floats) -> float:
        return float(np.nanmean(topic_log_loss(tilted(everyone, values, weights), truth)))

    found: Floats = minimize(cost, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return found
