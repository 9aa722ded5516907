"""Ranking metrics."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mid_rank(scores: NDArray[np.float64], target: int) -> float:
    """The rank, from 1, of `scores[target]`, greatest first; equal scores share the middle of their ranks."""
    better = int((scores > scores[target]).sum())
    equal = int((scores == scores[target]).sum())
    return better + (equal + 1) / 2


def ndcg(rank: float, k: int) -> float:
    """NDCG@k of one relevant item at `rank`: 1 / log2(1 + rank) within k, else 0 (Järvelin & Kekäläinen 2002)."""
    return float(1 / np.log2(1 + rank)) if rank <= k else 0.0
