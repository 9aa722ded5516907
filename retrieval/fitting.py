"""Fits the retriever's weights on validation targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from retrieval.retriever import RetrieverWeights

DECAYS = (0.5, 0.7, 0.85, 0.95)


def fit_retriever(
    cosines: dict[float, NDArray[np.float32]],
    log_counts: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    targets: Sequence[int],
) -> tuple[RetrieverWeights, float]:
    """The weights of greatest likelihood, and the mean log-likelihood of a target in nats.

    `cosines` holds, for each decay tried, float32 [targets, items]; `allowed` is bool [targets, items] and holds the
    target itself; `targets` are places of items. The multinomial logit is concave in its two weights (McFadden 1974),
    so the optimum found is the global one; the decay is the best of those tried.
    """
    fits = [_fit(decay, cosine, log_counts, allowed, np.asarray(targets)) for decay, cosine in cosines.items()]
    return max(fits, key=lambda fit: fit[1])


def _fit(
    decay: float,
    cosine: NDArray[np.float32],
    log_counts: NDArray[np.float64],
    allowed: NDArray[np.bool_],
    targets: NDArray[np.int64],
) -> tuple[RetrieverWeights, float]:
    rows = np.arange(len(targets))

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        utility = np.where(allowed, weights[0] * cosine + weights[1] * log_counts, -np.inf)
        log_p = utility - logsumexp(utility, axis=1, keepdims=True)
        p = np.exp(log_p)
        near = (p * cosine).sum(1) - cosine[rows, targets]
        popular = p @ log_counts - log_counts[targets]
        return float(-log_p[rows, targets].mean()), np.array([near.mean(), popular.mean()], np.float64)

    found = minimize(loss, np.array([5.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(0, 200), (0, 10)])
    return RetrieverWeights(decay, float(found.x[0]), float(found.x[1])), -float(found.fun)
