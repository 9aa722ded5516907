"""Candidates and their probability: log p_retriever exists for every item that may be recommended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from retrieval.encoder import Vectors
from retrieval.index import ItemIndex

POOL = 1_000  # how many items the index is asked for; see `Retriever.log_probability` for the rest


@dataclass(frozen=True, slots=True)
class RetrieverWeights:
    """What was fitted: the decay of the taste, and how much nearness and popularity count."""

    decay: float = 0.85
    nearness: float = 5.0
    popularity: float = 1.0


class Retriever:
    """A multinomial logit over the catalogue: p ∝ exp(nearness · cosine + popularity · log(1 + count))."""

    def __init__(self, index: ItemIndex, counts: NDArray[np.float64], weights: RetrieverWeights) -> None:
        """`counts`, float64 [items], is how many events each item had."""
        self.index = index
        self.weights = weights
        self.log_counts = np.log1p(counts)

    def log_probability(self, query: Vectors, allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Log p of each item, float64 [items]; -inf where not allowed, and the allowed ones sum to 1.

        The tail's rule: an item beyond the index's first `POOL` is given the cosine of the last one within.
        """
        utility = np.full(len(allowed), -np.inf)
        places, cosines = self.index.search(query, POOL, allowed)
        if len(places):
            utility[allowed] = cosines[-1] * self.weights.nearness
            utility[places] = cosines * self.weights.nearness
            utility += self.weights.popularity * self.log_counts
            utility -= logsumexp(utility[allowed])
        return utility

    def top(self, log_p: NDArray[np.float64], count: int) -> NDArray[np.int64]:
        """The places of the `count` most probable items, best first; equal ones in the order of the catalogue."""
        order = np.argsort(-log_p, kind="stable")[:count]
        return order[np.isfinite(log_p[order])]
