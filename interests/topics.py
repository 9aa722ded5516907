"""Topics: what items are about, as the catalogue's own categories or as clusters of their embeddings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array, csr_array, diags_array, hstack

Places = NDArray[np.int64]
Vectors = NDArray[np.float32]
MOST = 0.5  # a topic is the same after a refit while more than this share of its items stays together


@dataclass(frozen=True, slots=True)
class TopicShare:
    """A topic and its share, in [0, 1]."""

    topic: str
    share: float


@dataclass(frozen=True)
class Topics:
    """The topics of a catalogue.

    `ids` stay the same when topics are made anew, see `kept`; `names` are for people. `mass`, float32 [items, topics],
    splits each item equally over its own topics: its rows sum to 1, or to 0 for an item without any.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    mass: csr_array

    @classmethod
    def of_categories(cls, categories: Sequence[Sequence[str]]) -> Topics:
        """The categories of each item, in the items' order; their names are their ids."""
        names = tuple(sorted({name for own in categories for name in own}))
        columns = {name: column for column, name in enumerate(names)}
        own = [[columns[name] for name in dict.fromkeys(found)] for found in categories]
        return cls(names, names, _mass(own, len(names)))

    @classmethod
    def of_clusters(cls, clusters: Places, count: int) -> Topics:
        """One of `count` clusters an item, int64 [items]; ids and names are their numbers."""
        names = tuple(str(number) for number in range(count))
        return cls(names, names, _mass([[cluster] for cluster in clusters.tolist()], count))

    def shares(self, places: Places, weights: NDArray[np.floating]) -> NDArray[np.float64]:
        """The share of each topic among the items at `places`, int64 [n], that count `weights`, float64 [n].

        It sums to 1, or is all 0 where no item has a topic.
        """
        mass: NDArray[np.float64] = weights @ self.mass[places]
        total = mass.sum()
        return mass / total if total > 0 else mass

    def leading(self, shares: NDArray[np.floating], count: int) -> list[TopicShare]:
        """The `count` greatest shares, greatest first, without those that are 0."""
        order = np.argsort(-shares, kind="stable")[:count]
        return [TopicShare(self.names[place], float(shares[place])) for place in order if shares[place] > 0]


def joined(one: Topics, other: Topics) -> Topics:
    """The topics of both; an item that has some of either is split equally between the two."""
    mass = hstack([one.mass, other.mass]).tocsr()
    rows = np.asarray(mass.sum(axis=1)).ravel()
    halved = csr_array(diags_array(1 / np.maximum(rows, 1.0)) @ mass, dtype=np.float32)
    return Topics(one.ids + other.ids, one.names + other.names, halved)


def _mass(own: Sequence[Sequence[int]], topics: int) -> csr_array:
    counts = np.array([len(columns) for columns in own], np.int64)
    rows = np.repeat(np.arange(len(own)), counts)
    columns = np.array([column for found in own for column in found], np.int64)
    values = np.repeat(1 / np.maximum(counts, 1), counts).astype(np.float32)
    return csr_array(coo_array((values, (rows, columns)), shape=(len(own), topics)))


def kept_ids(
    before: Mapping[str, Sequence[str]], now: Sequence[Sequence[str]], fresh: int
) -> tuple[tuple[str, ...], int]:
    """The ids of topics made anew, and how many numbers were ever given.

    `before` gives the items of each topic by its id, `now` those of the new ones. A new topic takes over the id of the
    one before whose items it mostly holds; others get numbers from `fresh` on, so that no id comes back for something
    else.
    """
    names = list(before)
    shared = np.array([[len(set(before[name]) & set(items)) for items in now] for name in names]).reshape(-1, len(now))
    ids: dict[int, str] = {}
    for row, column in zip(*linear_sum_assignment(-shared), strict=True):
        if shared[row, column] > MOST * len(before[names[row]]):
            ids[int(column)] = names[row]
    made = len(now) - len(ids)
    numbers = map(str, range(fresh, fresh + made))
    return tuple(ids.get(column) or next(numbers) for column in range(len(now))), fresh + made
