"""The blend: a multinomial logit over the parts' features, fitted on what users did next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp
from scipy.stats import chi2

from retrieval.parts import Features
from retrieval.trail import Floats

SIGNIFICANCE = 0.05
RIDGE = 1e-4
Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Earned:
    """What a part earned: a target's mean log-likelihood by it alone, the nats that go with it, whether it was kept."""

    alone: float
    gain: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights by feature, 0 where a part was dropped; a target's mean log-likelihood in nats; what each part earned."""

    weights: Weights
    log_likelihood: float
    earned: Mapping[str, Earned]


def fit_blend(
    names: Mapping[str, Sequence[str]], features: Features, allowed: NDArray[np.bool_], targets: NDArray[np.int64]
) -> Fitted:
    """The weights of greatest likelihood; a part that a likelihood-ratio test finds useless is dropped.

    `names` gives each part's features, in the order of `features`, float32 [targets, items, features]; `allowed`, bool
    [targets, items], holds the target itself. The likelihood of a multinomial logit is concave (McFadden 1974), so
    its optimum is the global one. Parts are dropped one by one, the one that costs least first, until each left would
    cost more than chance explains (Wilks 1938).
    """
    columns = _columns(names)
    kept = list(names)
    gains: dict[str, float] = {}
    weights, best = maximise(features, allowed, targets, [column for part in kept for column in columns[part]])
    while len(kept) > 1:
        without = {
            part: maximise(
                features, allowed, targets, [c for other in kept if other != part for c in columns[other]], weights
            )
            for part in kept
        }
        for part, (_, found) in without.items():
            gains[part] = best - found
        weakest = min(kept, key=lambda part: gains[part] - _chance(len(columns[part]), len(targets)))
        if gains[weakest] >= _chance(len(columns[weakest]), len(targets)):
            break
        kept.remove(weakest)
        weights, best = without[weakest]
    gains.setdefault(kept[0], 0.0)
    flat_names = [name for part in names.values() for name in part]
    alone = {part: maximise(features, allowed, targets, columns[part])[1] for part in names}
    earned = {part: Earned(alone[part], gains[part], part in kept) for part in names}
    return Fitted(dict(zip(flat_names, weights.tolist(), strict=True)), best, earned)


def log_softmax(utility: Floats, allowed: NDArray[np.bool_]) -> Floats:
    """Log-probabilities over what is `allowed`, -inf elsewhere; a row that allows nothing has none. [..., items]."""
    found = np.where(allowed, utility, -np.inf)
    total = logsumexp(found, axis=-1, keepdims=True)
    return found - np.where(np.isfinite(total), total, 0.0)


def _columns(names: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    starts = np.cumsum([0, *map(len, names.values())]).tolist()
    return {part: list(range(start, start + len(names[part]))) for part, start in zip(names, starts, strict=False)}


def _chance(features: int, targets: int) -> float:
    """The gain in nats a target that so many useless weights reach with probability `SIGNIFICANCE`."""
    return float(chi2.ppf(1 - SIGNIFICANCE, features)) / (2 * targets)


def maximise(
    features: Features,
    allowed: NDArray[np.bool_],
    targets: NDArray[np.int64],
    columns: Sequence[int],
    start: Floats | None = None,
) -> tuple[Floats, float]:
    """All weights, those outside `columns` 0, and the mean log-likelihood that they reach; see `fit_blend`."""
    used = features if len(columns) == features.shape[2] else np.ascontiguousarray(features[..., list(columns)])
    rows = np.arange(len(targets))
    chosen = used[rows, targets].mean(axis=0)
    hidden = np.where(allowed, np.float32(0), np.float32(-np.inf))

    def loss(weights: Floats) -> tuple[float, Floats]:
        utility = used @ weights.astype(np.float32) + hidden
        utility -= utility.max(axis=1, keepdims=True)
        log_total = np.log(np.exp(utility).sum(axis=1))
        value = log_total - utility[rows, targets]
        p = np.exp(utility - log_total[:, None])
        gradient = np.einsum("ti,tif->f", p, used, optimize=True) / len(targets) - chosen
        return float(value.mean()) + RIDGE * float(weights @ weights), gradient + 2 * RIDGE * weights

    first = np.zeros(len(columns)) if start is None else start[list(columns)]
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": 200})
    weights = np.zeros(features.shape[2])
    weights[list(columns)] = found.x
    return weights, -(float(found.fun) - RIDGE * float(found.x @ found.x))
