"""Several forecasts of the next topic as one: a mixture, by the weights under which what came next was likeliest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Forecasts = Sequence[NDArray[np.floating]]  # P(topic), float [events, topics] each
Floats = NDArray[np.float64]
ROUNDS, LEAST_P = 200, 1e-12


def mixed(forecasts: Forecasts, weights: Floats) -> Floats:
    """Their mean by `weights`, float64 [forecasts], which sum to 1: float64 [events, topics]."""
    found: Floats = np.einsum("k,ket->et", weights, _stacked(forecasts))
    return found


def fit_mixture(forecasts: Forecasts, truth: NDArray[np.floating]) -> Floats:
    """The weights, float64 [forecasts], with the greatest likelihood of `truth`, [events, topics], by EM.

    A row of the truth splits an event equally over its item's topics; one without any says nothing.
    """
    held = _stacked(forecasts)
    weights: Floats = np.full(len(held), 1 / len(held))
    total = max(float(truth.sum()), LEAST_P)
    for _ in range(ROUNDS):
        shares = weights[:, None, None] * held
        shares /= np.maximum(shares.sum(axis=0), LEAST_P)
        weights = (shares * truth).sum(axis=(1, 2)) / total
    return weights


def _stacked(forecasts: Forecasts) -> Floats:
    return np.stack([np.asarray(one, np.float64) for one in forecasts])
