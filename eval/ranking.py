"""From scores to ranks and lists: what is left out, and how ties are settled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.interactions import Floats, Ints, Mask
from eval.protocols.split import Case


def rankable(cases: Sequence[Case], item_count: int) -> Mask:
    """Which items each case ranks, bool [cases, items]: its candidates, else all items but its history."""
    allowed = np.ones((len(cases), item_count), bool)
    for row, case in enumerate(cases):
        if case.candidates is None:
            allowed[row, case.history] = False
        else:
            allowed[row] = False
            allowed[row, case.candidates] = True
    return allowed


def target_ranks(scores: Floats, targets: Ints, popularity: Floats) -> Floats:
    """The rank, from 1, of each list's target; infinite where it was missed. Float64 [lists].

    `scores`, float64 [lists, items], is -inf where an item is not in the list. Among equal scores the more popular item
    comes first; those still equal share the middle of their ranks, so an order in a file can win nothing.
    """
    rows = np.arange(len(targets))
    target = scores[rows, targets][:, None]
    popular = popularity[targets][:, None]
    equal = scores == target
    better = (scores > target) | (equal & (popularity > popular))
    same = equal & (popularity == popular)
    ranks = better.sum(axis=1) + (same.sum(axis=1) + 1) / 2
    return np.where(np.isneginf(target[:, 0]), np.inf, ranks)


def top_lists(scores: Floats, popularity: Floats, k: int) -> Ints:
    """The first `k` items of each list, best first, int64 [lists, k]; -1 where the list is shorter.

    Among equal scores the more popular item comes first, then the one that stands earlier in the catalogue.
    """
    by_popularity = np.argsort(-popularity, kind="stable")
    ordered = -scores[:, by_popularity]
    first = _first(ordered, k)
    lists = np.full((len(scores), k), -1)
    found = np.where(np.isposinf(np.take_along_axis(ordered, first, axis=1)), -1, by_popularity[first])
    lists[:, : found.shape[1]] = found
    return lists


def _first(values: Floats, k: int) -> Ints:
    """The columns of each row's `k` least values, least first; equal ones from left to right."""
    if k >= values.shape[1]:
        return np.argsort(values, axis=1, kind="stable")
    # Partitioning is several times faster than sorting, but blind to which of the values equal to the last are taken.
    nearest = np.sort(np.argpartition(values, k - 1, axis=1)[:, :k], axis=1)
    least = np.take_along_axis(values, nearest, axis=1)
    unclear = (values <= least.max(axis=1, keepdims=True)).sum(axis=1) > k
    first = np.take_along_axis(nearest, np.argsort(least, axis=1, kind="stable"), axis=1)
    first[unclear] = np.argsort(values[unclear], axis=1, kind="stable")[:, :k]
    return first
