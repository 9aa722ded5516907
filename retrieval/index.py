"""The vector index over the catalogue: which items have the greatest inner product with a query."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from history.catalogue import unknown_name
from retrieval.encoder import Vectors
from retrieval.gpu import MOST, Search, gpu_search
from retrieval.inverted import InvertedLists
from retrieval.scan import scan
from workspace.artefact import Artefact
from workspace.errors import DataError

EXACT_UP_TO = 100_000  # vectors that a search looks at one by one; where there are more it uses inverted lists
VECTORS, LISTS, ABOUT = "vectors.npy", "lists.faiss", "items.json"


class ItemIndex:
    """Items by inner product with a query.

    An item's place is its position in `item_ids`, and stays as long as the index does: a new item comes last, a changed
    one keeps its place, and so does a withdrawn one, which no search finds until it is added again.

    `item_ids` is a tuple, `places` gives an id's place, `vectors` is float32 [items, dimension], all in that order.
    """

    def __init__(self, item_ids: Sequence[str], vectors: Vectors, queries: Vectors | None = None) -> None:
        """Index `vectors`, float32 [len(item_ids), dimension]; of any length, and one of zeros is an item like others.

        Up to `EXACT_UP_TO` items every search is exact. Beyond, the search is tuned to recall@100 >= .99 on `queries`,
        float32 [queries, dimension]; give it some real ones, since they are seldom like items.

        Raises:
            DataError: there is no item, an id comes twice, a vector is not finite, or numbers or widths do not fit.
        """
        if not len(item_ids):
            raise DataError("the catalogue is empty: import items first (foretaste import)")
        vectors = _checked(item_ids, vectors)
        if queries is not None:
            _check_width(queries, vectors.shape[1], "the queries to tune the index on")
        lists = InvertedLists.build(vectors, queries) if len(vectors) > EXACT_UP_TO else None
        places = {item_id: place for place, item_id in enumerate(item_ids)}
        self._hold(places, vectors, np.ones(len(vectors), bool), lists)

    def _hold(
        self, places: dict[str, int], vectors: Vectors, alive: NDArray[np.bool_], lists: InvertedLists | None
    ) -> None:
        self.places = places
        self.item_ids = tuple(places)
        self.vectors = vectors
        self._alive = alive
        self._lists = lists
        vars(self).pop("_on_gpu", None)  # a copy of what was

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return int(self.vectors.shape[1])

    @property
    def kind(self) -> str:
        """The structure: "flat" or "inverted lists"."""
        return "inverted lists" if self._lists else "flat"

    @property
    def recall(self) -> float:
        """The share of the exact first hundred that an unfiltered search finds, as measured when it was built."""
        return self._lists.recall if self._lists else 1.0

    def search(
        self, query: Vectors, count: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], Vectors]:
        """The places and inner products of the `count` best of the `allowed` items, best first, equal ones by place.

        `query` is float32 [dimension], `allowed` bool [items] or None for all. Fewer come back only when fewer are
        allowed and not withdrawn.

        Raises:
            DataError: the query is of another width, or not finite.
        """
        query = np.ascontiguousarray(query, np.float32)
        _check_width(query, self.dimension, "the query")
        if not np.isfinite(query).all():
            raise DataError("the query is not finite; check the vectors that it was made of")
        among = self._among(allowed)
        left = len(self._alive) if among is None else int(np.count_nonzero(among))
        places = self._found(query, max(0, min(count, left)), among, left)
        products = np.vecdot(self.vectors[places], query)  # unlike @, the same for equal vectors wherever they lie
        order = np.lexsort((places, -products))
        return places[order], products[order]

    def _among(self, allowed: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        if self._alive.all():
            return None if allowed is None or allowed.all() else allowed
        return self._alive if allowed is None else self._alive & allowed

    def _found(self, query: Vectors, count: int, among: NDArray[np.bool_] | None, left: int) -> NDArray[np.int64]:
        if not count:
            return np.zeros(0, np.int64)
        found = None
        if among is None and count <= MOST and self._on_gpu is not None:
            found = self._on_gpu(query, count)
        elif self._lists is not None and left > EXACT_UP_TO:
            found = self._lists.search(query, count, among)
        if found is None or len(found) < count:
            found = scan(self.vectors, query, count, among)
        return found

    @cached_property
    def _on_gpu(self) -> Search | None:
        return gpu_search(self.vectors, self._lists)

    def add(self, item_ids: Sequence[str], vectors: Vectors) -> None:
        """Add items, or change those that are there; `vectors` is float32 [len(item_ids), dimension].

        A call copies all vectors once, so add many at a time; arrays taken from `vectors` before stay as they were. The
        one that first brings the index over `EXACT_UP_TO` items makes its lists, and tunes them on made-up queries.

        Raises:
            DataError: an id comes twice, a vector is not finite, or numbers or widths do not fit. Nothing is added.
        """
        if not len(item_ids):
            return
        vectors = _checked(item_ids, vectors)
        _check_width(vectors, self.dimension, "the vectors to add")
        new = len(set(item_ids) - self.places.keys())
        grown = np.concatenate([self.vectors, np.zeros((new, self.dimension), np.float32)])
        alive = np.concatenate([self._alive, np.zeros(new, bool)])
        for item_id in item_ids:
            self.places.setdefault(item_id, len(self.places))
        places = np.array([self.places[item_id] for item_id in item_ids], np.int64)
        grown[places] = vectors
        alive[places] = True
        lists = self._lists
        if lists is not None:
            lists.replace(places, vectors)
        elif len(grown) > EXACT_UP_TO:
            lists = InvertedLists.build(grown, None)
        self._hold(self.places, grown, alive, lists)

    def withdraw(self, item_ids: Iterable[str]) -> None:
        """Let no search find these items until they are added again; they keep their places.

        Raises:
            UnknownName: an id was never indexed. Nothing is withdrawn.
        """
        item_ids = list(item_ids)
        unknown = next((item_id for item_id in item_ids if item_id not in self.places), None)
        if unknown is not None:
            raise unknown_name("item", unknown, self.places)
        self._alive[[self.places[item_id] for item_id in item_ids]] = False

    def save(self, folder: Path) -> None:
        """Write the index into a new version's folder."""
        np.save(folder / VECTORS, self.vectors)
        about: dict[str, Any] = {"item_ids": self.item_ids, "withdrawn": np.flatnonzero(~self._alive).tolist()}
        if self._lists is not None:
            self._lists.save(folder / LISTS)
            about |= {"probes": list(self._lists.probes.items()), "recall": self._lists.recall}
        (folder / ABOUT).write_text(json.dumps(about))

    @classmethod
    def load(cls, artefact: Artefact) -> ItemIndex:
        """Read an index whose checksums were verified. Its vectors stay in their file until a search looks at them."""
        about = json.loads((artefact.folder / ABOUT).read_bytes())
        # Copy on write: nothing here writes to it, but torch warns about an array that may not be written.
        vectors = np.asarray(np.load(artefact.folder / VECTORS, mmap_mode="c"))
        alive = np.ones(len(vectors), bool)
        alive[about["withdrawn"]] = False
        lists = None
        if "probes" in about:
            lists = InvertedLists.load(artefact.folder / LISTS, dict(about["probes"]), about["recall"])
        index = cls.__new__(cls)
        index._hold({item_id: place for place, item_id in enumerate(about["item_ids"])}, vectors, alive, lists)
        return index


def _checked(item_ids: Sequence[str], vectors: Vectors) -> Vectors:
    """The vectors, contiguous, if each item has one that can be searched.

    Raises:
        DataError: an id comes twice, a vector is not finite, or there are more or fewer vectors than items.
    """
    vectors = np.ascontiguousarray(vectors, np.float32)
    if vectors.ndim != 2 or len(vectors) != len(item_ids):
        raise DataError(f"{len(item_ids):,} items but embeddings of shape {vectors.shape}: give one row an item")
    if len(set(item_ids)) < len(item_ids):
        item_id, times = Counter(item_ids).most_common(1)[0]
        raise DataError(f"item {item_id!r} comes {times} times: an id may come once; keep one of its rows")
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(broken):
        raise DataError(f"the embedding of item {item_ids[broken[0]]!r} is not finite; check its text")
    return vectors


def _check_width(vectors: Vectors, dimension: int, what: str) -> None:
    if vectors.shape[-1] != dimension:
        raise DataError(
            f"{what}: width {vectors.shape[-1]}, but the index holds vectors of width {dimension}; "
            "embed with the encoder that the index was made with, or run: foretaste fit"
        )
