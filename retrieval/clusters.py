"""Items that are about the same thing: spherical k-means of their embeddings, by FAISS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Vectors
from retrieval.scan import load_faiss

ROUNDS, TRIES = 30, 5


def clusters(vectors: Vectors, count: int, seed: int = 0) -> NDArray[np.int64]:
    """The cluster of each item, int64 [items], in 0 to `count` - 1; unit `vectors`, float32 [items, dimension].

    The best of a few starts. There are fewer clusters where there are fewer items.
    """
    count = min(count, len(vectors))
    if count < 2:
        return np.zeros(len(vectors), np.int64)
    faiss = load_faiss()
    means = faiss.Kmeans(
        vectors.shape[1], count, niter=ROUNDS, nredo=TRIES, spherical=True, seed=seed, min_points_per_centroid=1
    )
    means.train(np.ascontiguousarray(vectors, np.float32))
    found: NDArray[np.int64] = means.index.search(np.ascontiguousarray(vectors, np.float32), 1)[1][:, 0].astype(
        np.int64
    )
    return found
