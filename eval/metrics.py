"""Ranking metrics of one relevant item, from its rank. Each takes one rank or an array of them."""

from __future__ import annotations

from typing import overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def mid_rank(scores: Floats, target: int) -> float:
    """The rank, from 1, of `scores[target]`, greatest first; equal scores share the middle of their ranks."""
    better = int((scores > scores[target]).sum())
    equal = int((scores == scores[target]).sum())
    return better + (equal + 1) / 2


@overload
def ndcg(rank: float, k: int) -> float: ...
@overload
def ndcg(rank: Floats, k: int) -> Floats: ...
def ndcg(rank: float | Floats, k: int) -> float | Floats:
    """NDCG@k: 1 / log2(1 + rank) within k, else 0 (Järvelin & Kekäläinen 2002); the ideal list's gain is 1."""
    return _within(rank, k, 1 / np.log2(1 + np.asarray(rank, float)))


@overload
def recall(rank: float, k: int) -> float: ...
@overload
def recall(rank: Floats, k: int) -> Floats: ...
def recall(rank: float | Floats, k: int) -> float | Floats:
    """Recall@k of one relevant item, the same as its hit rate: 1 within k, else 0."""
    return _within(rank, k, np.ones_like(rank, float))


@overload
def mrr(rank: float, k: int) -> float: ...
@overload
def mrr(rank: Floats, k: int) -> Floats: ...
def mrr(rank: float | Floats, k: int) -> float | Floats:
    """The reciprocal rank within k, else 0 (Voorhees 1999); its mean over lists is MRR@k."""
    return _within(rank, k, 1 / np.asarray(rank, float))


def _within(rank: float | Floats, k: int, gain: Floats) -> Floats:
    # [()] gives a plain number for a plain number
    found: Floats = np.where(np.asarray(rank) <= k, gain, 0.0)[()]
    return found
