"""What the lists are like, apart from being right. A list is int64 [k] of places of items, -1 where it is shorter."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.interactions import Floats, Ints

CHUNK = 50_000  # lists whose items' vectors are held at once


def coverage(lists: Ints, item_count: int) -> float:
    """Catalogue coverage: the share of all items that stand in at least one list (Ge et al. 2010). In [0, 1]."""
    return len(np.unique(lists[lists >= 0])) / item_count


def gini(lists: Ints, item_count: int) -> float:
    """The Gini coefficient of how often each item of the catalogue is listed.

    With x sorted upwards, Σ (2i - n - 1) x_i / (n Σ x), i from 1 (Fleder & Hosanagar 2009). 0 when all items are listed
    equally often, 1 - 1/n when only one is; 0 for no list at all.
    """
    times = np.sort(np.bincount(lists[lists >= 0], minlength=item_count)).astype(float)
    weights = 2 * np.arange(1, item_count + 1) - item_count - 1
    total = times.sum()
    return float(weights @ times / (item_count * total)) if total else 0.0


def novelty(lists: Ints, counts: Floats, users: int) -> Floats:
    """The mean self-information of each list's items in bits, -log2 p(item) (Zhou et al. 2010). Float64 [lists].

    p = (count + 1) / (users + 1), so that an item nobody had is finite. An empty list gives 0.
    """
    return _mean(lists, -np.log2((counts + 1) / (users + 1)))


def diversity(lists: Ints, vectors: Floats) -> Floats:
    """Intra-list diversity: the mean of 1 - cosine over a list's pairs (Ziegler et al. 2005). Float64 [lists].

    `vectors`, float64 [items, d] without negative numbers, say what an item is, here its categories; an item without
    any is unlike all others. A list of fewer than two items gives 0.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    units = np.vstack([vectors / np.where(norms > 0, norms, 1.0), np.zeros(vectors.shape[1])])  # the last is for -1
    squares = (units**2).sum(axis=1)
    found = np.zeros(len(lists))
    for start in range(0, len(lists), CHUNK):
        part = lists[start : start + CHUNK]
        sums = np.stack([units[column] for column in part.T]).sum(axis=0)
        pairs = (part >= 0).sum(axis=1)
        pairs = pairs * (pairs - 1) / 2
        alike = ((sums**2).sum(axis=1) - squares[part].sum(axis=1)) / 2  # (Σv)² holds every pair twice
        found[start : start + CHUNK] = np.where(pairs > 0, 1 - alike / np.maximum(pairs, 1), 0.0)
    return np.clip(found, 0.0, 1.0)


def popularity_lift(lists: Ints, histories: Sequence[Ints], counts: Floats) -> Floats:
    """How much more popular a list's items are than its user's own, (list - history) / history, by mean counts.

    After Abdollahpouri et al. (2020). Float64 [lists]; 0 where the history's items have no counts.
    """
    own = np.array([counts[history].mean() if len(history) else 0.0 for history in histories])
    return np.where(own > 0, _mean(lists, counts) / np.where(own > 0, own, 1.0) - 1, 0.0)


def _mean(lists: Ints, values: Floats) -> Floats:
    there = lists >= 0
    sums = np.where(there, values[lists], 0.0).sum(axis=1)
    return np.asarray(sums / np.maximum(there.sum(axis=1), 1), float)
