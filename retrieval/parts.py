"""The parts of the blend: each says of every item, in one or more features, how well it fits a user's past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from history.catalogue import facet_values
from history.records import Item
from retrieval.encoder import Vectors
from retrieval.index import ItemIndex
from retrieval.trail import NO_ITEM, Floats, Ints, Past, decayed

if TYPE_CHECKING:
    from retrieval.tower import Tower

Features = NDArray[np.float32]
POOL = 5_000  # items that the index is asked for; those beyond get the last one's score
DECAYS = (0.3, 0.7, 1.0)  # how fast the past fades: now, lately, all of it
REACH = 200  # events further back than this are left out
SHARPNESS = 10.0  # a share as small as 1 / (SHARPNESS · items) counts for almost nothing
FACET_DECAY = 0.9
PARTS = ("tower", "markov", "item-knn", "ease", "popularity", "text", "words", "facets")


class Part(Protocol):
    """One way to tell what comes next."""

    @property
    def names(self) -> tuple[str, ...]:
        """The features' names."""
        ...

    def features(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
        """Float32 [pasts, items, features]; `allowed`, bool [pasts, items], is what will be looked at."""
        ...

    def credit(self, past: Past, items: Ints) -> Features:
        """What each event adds to the features of `items`, int64 [n], roughly: float32 [events, n, features]."""
        ...


@dataclass(frozen=True)
class TowerPart:
    """The user tower's inner products, by the index; beyond its first `POOL` the last one's."""

    tower: Tower
    index: ItemIndex
    names: tuple[str, ...] = ("tower",)

    def features(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
        """The inner products."""
        queries = self.tower.queries([past.trail for past in pasts], self.index.vectors)
        return nearness(self.index, queries, allowed)[..., None]

    def credit(self, past: Past, items: Ints) -> Features:
        """The gradient by what the network reads of an event, times that."""
        return self.tower.credit(past.trail, self.index.vectors, items)[..., None]


@dataclass(frozen=True)
class TextPart:
    """The cosine between an item's text and the taste: what was liked lately, and what was written."""

    index: ItemIndex
    names: tuple[str, ...] = ("text",)

    def features(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
        """The cosines."""
        queries = np.zeros((len(pasts), self.index.dimension), np.float32)
        for row, past in enumerate(pasts):
            queries[row, : len(past.taste.query)] = past.taste.query
        return nearness(self.index, queries, allowed)[..., None]

    def credit(self, past: Past, items: Ints) -> Features:
        """Each event's part of the cosine."""
        taste = past.taste
        found = np.zeros((len(past.trail), len(items), 1), np.float32)
        known = np.isin(taste.places, past.places)  # what was written of an item that is not there is no event here
        rows = np.searchsorted(past.places, np.array(taste.places, np.int64)[known])
        vectors = self.index.vectors[items, : len(taste.query)]
        found[rows, :, 0] = taste.influence(vectors)[known]
        return found


def nearness(index: ItemIndex, queries: Vectors, allowed: NDArray[np.bool_]) -> Features:
    """Inner products of each query with the items, float32 [queries, items]: exact for the first `POOL` allowed ones.

    The rule for the tail: every other item is given the product of the last one found, which is at least its own.
    Where there are no more items than that nothing need be searched.
    """
    if len(index.item_ids) <= POOL:
        products: Features = np.vecdot(index.vectors, queries[:, None])
        return products
    found = np.zeros(allowed.shape, np.float32)
    for row, query in enumerate(queries):
        places, products = index.search(query, POOL, allowed[row])
        if len(places):
            found[row] = products[-1]
            found[row, places] = products
    return found


@dataclass(frozen=True)
class NeighbourPart:
    """Neighbours of the past's items, the past fading at each of `DECAYS`.

    A feature is log(1 + SHARPNESS · items · share), the share being that of q · `matrix`, negative sums left out: it is
    0 for every item that is no neighbour, so the tail needs no rule.
    """

    name: str
    matrix: csr_array

    @property
    def names(self) -> tuple[str, ...]:
        """One a decay."""
        return tuple(f"{self.name} {decay}" for decay in DECAYS)

    def features(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
        """The logarithms of the shares."""
        count = self.matrix.shape[0]
        sums = np.concatenate([self._sums(past.trail.known[-REACH:]) for past in pasts])
        np.maximum(sums, 0.0, out=sums)
        totals = sums.sum(axis=1, keepdims=True)
        shares = np.divide(sums, totals, out=sums, where=totals > 0)
        logs = np.log1p(SHARPNESS * count * shares)
        features: Features = np.moveaxis(logs.reshape(len(pasts), len(DECAYS), count), 1, 2).astype(np.float32)
        return features

    def _sums(self, items: Ints) -> Floats:
        """Q · `matrix` of a past of these items, float64 [decays, items]."""
        matrix, count = self.matrix, self.matrix.shape[0]
        starts = matrix.indptr[items]
        lengths = matrix.indptr[items + 1] - starts
        cells = np.arange(lengths.sum()) + np.repeat(starts - np.cumsum(lengths) + lengths, lengths)
        neighbours, values = matrix.indices[cells], matrix.data[cells]
        weights = (np.repeat(row, lengths) * values for row in _powers(len(items)))
        return np.stack([np.bincount(neighbours, row, count).astype(np.float64, copy=False) for row in weights])

    def credit(self, past: Past, items: Ints) -> Features:
        """What is lost without an event, the sum of all shares staying as it is."""
        trail, count = past.trail, self.matrix.shape[0]
        found = np.zeros((len(trail), len(items), len(DECAYS)), np.float32)
        rows = np.flatnonzero(trail.items != NO_ITEM)[-REACH:]
        if not len(rows):
            return found
        totals = np.maximum(self._sums(trail.items[rows]), 0.0).sum(axis=1)
        scale = np.divide(SHARPNESS * count, totals, out=np.zeros_like(totals), where=totals > 0)
        each = self.matrix[trail.items[rows]][:, items].toarray()
        parts = np.stack(
            [row[:, None] * each * factor for row, factor in zip(_powers(len(rows)), scale, strict=True)], 2
        )
        sums = parts.sum(axis=0)
        found[rows] = np.log1p(np.maximum(sums, 0.0)) - np.log1p(np.maximum(sums - parts, 0.0))
        return found


def _powers(count: int) -> Floats:
    """How much each of so many events counts, oldest first, at each of `DECAYS`: float64 [decays, events]."""
    return np.stack([decay ** np.arange(count, dtype=float)[::-1] for decay in DECAYS])


@dataclass(frozen=True)
class PopularityPart:
    """How many events an item had, and how many of them lately: logarithms of 1 + counts, float64 [items] each."""

    counts: Floats
    recent: Floats
    names: tuple[str, ...] = ("popularity", "recent popularity")

    def features(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
        """The same for every past."""
        both = np.log1p(np.stack([self.counts, self.recent], axis=1)).astype(np.float32)
        return np.broadcast_to(both, (len(pasts), *both.shape))

    def credit(self, past: Past, items: Ints) -> Features:
        """Nothing: it is the same whatever a user did."""
        return np.zeros((len(past.trail), len(items), len(self.names)), np.float32)


@dataclass(frozen=True)
class FacetPart:
    """Facets shared with the past's items: the cosine of their TF-IDF vectors, in standard deviations."""

    matrix: csr_array
    names: tuple[str, ...] = ("facets",)

    @classmethod
    def of(cls, items: Sequence[Item]) -> FacetPart:
        """The part for the items at each place."""
        columns: dict[str, int] = {}
        found = [facet_values(item) for item in items]
        cells = [columns.setdefault(value, len(columns)) for values in found for value in values]
        starts = np.concatenate([[0], np.cumsum([len(values) for values in found])])
        x = csr_array((np.ones(len(cells)), np.array(cells, np.int64), starts), (len(items), len(columns)))
        rare = np.log(len(items) / np.maximum(np.bincount(x.indices, minlength=x.shape[1]), 1))
        x.data = rare[x.indices]
        norms = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
        x.data /= np.repeat(np.where(norms > 0, norms, 1.0), np.diff(x.indptr))
        return cls(x.astype(np.float32))

    def features(self, pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
        """The standardised cosines; zeros where nothing is shared with anything."""
        q = decayed([past.trail.known for past in pasts], self.matrix.shape[0], (FACET_DECAY,), REACH)
        sums = ((q @ self.matrix) @ self.matrix.T).toarray()
        spread = sums.std(axis=1, keepdims=True)
        standard = np.divide(sums - sums.mean(axis=1, keepdims=True), spread, out=np.zeros_like(sums), where=spread > 0)
        features: Features = standard[..., None].astype(np.float32)
        return features

    def credit(self, past: Past, items: Ints) -> Features:
        """Each event's part of the cosine, in the same deviations."""
        trail = past.trail
        found = np.zeros((len(trail), len(items), 1), np.float32)
        rows = np.flatnonzero(trail.items != NO_ITEM)[-REACH:]
        if len(rows):
            q = decayed([trail.items[rows]], self.matrix.shape[0], (FACET_DECAY,))
            spread = ((q @ self.matrix) @ self.matrix.T).toarray().std()
            own = self.matrix[trail.items[rows]]
            each = (own @ self.matrix[items].T).toarray() - (own @ self.matrix.mean(axis=0))[:, None]
            powers = FACET_DECAY ** np.arange(len(rows))[::-1]
            found[rows, :, 0] = powers[:, None] * each / (spread or 1.0)
        return found


def stacked(parts: Mapping[str, Part], pasts: Sequence[Past], allowed: NDArray[np.bool_]) -> Features:
    """All parts' features side by side, float32 [pasts, items, features]."""
    return np.concatenate([part.features(pasts, allowed) for part in parts.values()], axis=2)
