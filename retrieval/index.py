"""The vector index over the catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Vectors
from workspace.artefact import Artefact
from workspace.errors import DataError

VECTORS, IDS = "items.faiss", "items.json"


class ItemIndex:
    """Items by inner product with a query; exact."""

    def __init__(self, item_ids: Sequence[str], vectors: Vectors) -> None:
        """Index `vectors`, float32 [len(item_ids), dimension].

        Raises:
            DataError: there is no item, or a vector is not finite.
        """
        faiss = _faiss()
        if not len(item_ids):
            raise DataError("the catalogue is empty: import items first (foretaste import)")
        broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
        if len(broken):
            raise DataError(f"the embedding of item {item_ids[broken[0]]!r} is not finite; check its text")
        self.item_ids = tuple(item_ids)
        self.places = {item_id: place for place, item_id in enumerate(item_ids)}
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors))

    @property
    def dimension(self) -> int:
        """The width of a vector."""
        return int(self._index.d)

    @cached_property
    def vectors(self) -> Vectors:
        """All vectors, float32 [items, dimension], in the order of `item_ids`."""
        found: Vectors = self._index.reconstruct_n(0, self._index.ntotal)
        return found

    def search(self, query: Vectors, count: int, allowed: NDArray[np.bool_]) -> tuple[NDArray[np.int64], Vectors]:
        """The places and inner products of the `count` best of the `allowed` items, best first.

        `query` is float32 [dimension], `allowed` bool [items]. Fewer come back only when fewer are allowed.
        """
        faiss = _faiss()
        places = np.flatnonzero(allowed).astype(np.int64)
        count = min(count, len(places))
        if not count:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(places)) if len(places) < len(allowed) else None
        products, found = self._index.search(query[None], count, params=parameters)
        return found[0], products[0]

    def save(self, folder: Path) -> None:
        """Write the index into a new version's folder."""
        _faiss().write_index(self._index, str(folder / VECTORS))
        (folder / IDS).write_text(json.dumps(self.item_ids))

    @classmethod
    def load(cls, artefact: Artefact) -> ItemIndex:
        """Read an index whose checksums were verified."""
        stored = _faiss().read_index(str(artefact.folder / VECTORS))
        vectors = stored.reconstruct_n(0, stored.ntotal)
        return cls(json.loads((artefact.folder / IDS).read_text()), vectors)


def _faiss() -> Any:
    """FAISS, which is in no base dependency: its CPU and GPU builds exclude each other.

    Raises:
        ImportError: neither is installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise ImportError("faiss is missing; run: make setup (FAISS=gpu for the GPU build)") from error
    return faiss
