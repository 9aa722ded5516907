"""The fused score: the language model redistributes the retriever's probability among the candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, logsumexp

# Twice the gain in log-likelihood that one useless weight, kept from going below 0, reaches with probability .05.
SIGNIFICANT = 2.71
DRAWS = 20  # a target and the others beside it, when a weight is fitted


@dataclass(frozen=True, slots=True)
class Drawn:
    """One validation target among others: the model's `values`, float64 [n], the target's first.

    `counts`, float64 [n], says how often each was drawn from the retriever's distribution, the target once more.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LanguageWeight:
    """How much the language model counts, and what it was measured on.

    `weight` is 0 where the model did not help; `fitted` is the best weight all the same. `gain` is the mean
    log-likelihood of a target that it added, in nats, over `targets` validation targets. `lowest`, `highest` and
    `usual`, the mean, say which values it gave there.
    """

    weight: float
    fitted: float
    gain: float
    targets: int
    lowest: float = -np.inf
    highest: float = np.inf
    usual: float = 0.0

    def bounds(self, log_p: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The least and the greatest log p + weight · value that each candidate may come to, float64 [n] each."""
        if not self.weight:
            return log_p, log_p
        return log_p + self.weight * self.lowest, log_p + self.weight * self.highest


NO_WEIGHT = LanguageWeight(0.0, 0.0, 0.0, 0)


def fuse(log_p: NDArray[np.float64], values: NDArray[np.float64], weight: float) -> NDArray[np.float64]:
    """Log P(next) of the candidates, float64 [n]: their summed mass stays what the retriever gave it.

    log p'(i) = log_softmax(log p + weight · value)(i) + logsumexp(log p). Items outside keep log p, so the whole
    catalogue still sums to 1.
    """
    fused: NDArray[np.float64] = log_softmax(log_p + weight * values) + logsumexp(log_p)
    return fused


def draw_beside(
    log_p: NDArray[np.float64], target: int, generator: np.random.Generator, others: int = DRAWS - 1
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The target, and the distinct places of so many `others` drawn with return from log P(next), float64 [items].

    Both int64 and float64 [n]: the places, the target first, and how often each was drawn, the target once more; see
    `fit_weight`.
    """
    p = np.exp(log_p)
    counts = np.bincount(generator.choice(len(p), others, p=p / p.sum()), minlength=len(p)).astype(float)
    counts[target] += 1
    drawn = np.flatnonzero(counts)
    places = np.concatenate([[target], drawn[drawn != target]])
    return places, counts[places]


def fit_weight(rows: Sequence[Drawn]) -> LanguageWeight:
    """The weight of greatest likelihood.

    The others of a row must be drawn with return from the retriever's own distribution, which may draw the target too.
    Then P(target | the draws) is proportional to counts * exp(weight * value), exactly: the retriever's probability
    cancels (McFadden 1978, sampling of alternatives), and the weight is the one for use with `log p` added back. It is
    kept only where a likelihood-ratio test finds it better than none.
    """
    if not rows:
        return NO_WEIGHT
    width = max(len(row.values) for row in rows)
    values = np.stack([np.pad(row.values, (0, width - len(row.values))) for row in rows])
    with np.errstate(divide="ignore"):
        offsets = np.log(np.stack([np.pad(row.counts, (0, width - len(row.counts))) for row in rows]))

    def loss(weight: float) -> float:
        return float(-log_softmax(weight * values + offsets, axis=1)[:, 0].mean())

    spread = float(values[np.isfinite(offsets)].std()) or 1.0
    fitted = float(minimize_scalar(loss, bounds=(0.0, 10.0 / spread), method="bounded").x)
    gain = loss(0.0) - loss(fitted)
    earned = 2 * gain * len(rows) > SIGNIFICANT
    seen = values[np.isfinite(offsets)]
    weight = fitted if earned else 0.0
    return LanguageWeight(weight, fitted, gain, len(rows), float(seen.min()), float(seen.max()), float(seen.mean()))
