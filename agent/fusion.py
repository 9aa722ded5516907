"""The fused score: the language model redistributes the retriever's probability among the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp

# Twice the gain in log-likelihood that one useless weight reaches with probability .05 (chi-square, one degree).
SIGNIFICANT = 3.84


@dataclass(frozen=True, slots=True)
class LanguageWeight:
    """How much the language model counts, and what it was measured on.

    `weight` is 0 where the model did not help; `fitted` is the best weight all the same. `gain` is the mean
    log-likelihood of a target that it added, in nats, over `targets` validation targets.
    """

    weight: float
    fitted: float
    gain: float
    targets: int


def fuse(log_p: NDArray[np.float64], values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Log P(next) of the candidates, float64 [n]: their summed mass stays what the retriever gave it.

    log p'(i) = log_softmax(log p + weight · value)(i) + logsumexp(log p). Items outside keep log p, so the whole
    catalogue still sums to 1.
    """
    fused: NDArray[np.float64] = log_softmax(log_p + weight * values) + logsumexp(log_p)
    return fused


def fit_weight(values: Sequence[NDArray[np.float64]]) -> LanguageWeight:
    """The weight of greatest likelihood, from the model's values with the target's first in each row.

    The other candidates of a row must be drawn from the retriever's own distribution: then its log-probability cancels
    in the conditional likelihood (McFadden 1978, sampling of alternatives), and the weight that is left is the one
    for use with `log p` added back. It is kept only where a likelihood-ratio test finds it better than none.
    """
    if not values:
        return LanguageWeight(0.0, 0.0, 0.0, 0)
    rows = np.stack(values)

    def loss(weight: float) -> float:
        return float(-log_softmax(weight * rows, axis=1)[:, 0].mean())

    spread = float(rows.std()) or 1.0
    fitted = float(minimize_scalar(loss, bounds=(0.0, 10.0 / spread), method="bounded").x)
    gain = loss(0.0) - loss(fitted)
    earned = 2 * gain * len(rows) > SIGNIFICANT
    return LanguageWeight(fitted if earned else 0.0, fitted, gain, len(rows))
