"""Looking at every vector: the exact search of a small catalogue, and of what a narrow filter leaves."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Vectors


def load_faiss() -> Any:
    """FAISS, which is in no base dependency: its CPU and GPU builds exclude each other.

    Raises:
        ImportError: neither is installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise ImportError("faiss is missing; run: make setup (FAISS=gpu for the GPU build)") from error
    return faiss


def scan(vectors: Vectors, query: Vectors, count: int, among: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """The places of the `count` rows of `vectors`, float32 [items, dimension], with the greatest inner products.

    `query` is float32 [dimension]; `among`, bool [items], says which rows to look at (None: all), at least `count`.
    FAISS reads the array where it lies: no copy of it is made, and a memory-mapped one is read from its file.
    """
    faiss = load_faiss()
    at = faiss.swig_ptr
    items, dimension = vectors.shape
    products, places = np.empty(count, np.float32), np.empty(count, np.int64)
    if among is None:
        faiss.knn_inner_product(at(query), at(vectors), dimension, 1, items, count, at(products), at(places))
        return places
    # By a list of rows: in all sizes faster than by a selector, which is asked about every row.
    rows = np.flatnonzero(among).astype(np.int64)
    faiss.knn_inner_products_by_idx(
        at(query), at(vectors), at(rows), dimension, 1, items, len(rows), count, at(products), at(places)
    )
    return places
