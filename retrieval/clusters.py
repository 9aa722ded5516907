"""Items that are about the same thing: spherical k-means of their embeddings, by FAISS."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Vectors
from retrieval.scan import load_faiss

ROUNDS, TRIES = 30, 5


def centres(vectors: Vectors, count: int, seed: int = 0) -> Vectors:
    """The centres of `count` clusters of unit `vectors`, float32 [items, dimension]; as float32 [clusters, dimension].

    The best of a few starts. There are fewer clusters where there are fewer items.
    """
    count = min(count, len(vectors))
    if count < 2:
        return np.ascontiguousarray(vectors[:count], np.float32)
    means = load_faiss().Kmeans(
        vectors.shape[1], count, niter=ROUNDS, nredo=TRIES, spherical=True, seed=seed, min_points_per_centroid=1
    )
    means.train(np.ascontiguousarray(vectors, np.float32))
    return np.asarray(means.centroids, np.float32)


def nearest(vectors: Vectors, middles: Vectors) -> NDArray[np.int64]:
    """The cluster of each item, int64 [items]: that of the nearest of its `middles`, float32 [clusters, dimension]."""
    return np.argmax(vectors @ middles.T, axis=1) if len(middles) else np.zeros(len(vectors), np.int64)
