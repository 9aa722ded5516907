"""Inverted lists: the approximate search of a large catalogue, tuned to a recall that is measured.

k-means cuts the vectors into about √items lists; a search looks into the lists whose centres have the greatest inner
products with the query ("probes"). The lists hold half-precision copies, so that a search reads half as many bytes; the
index orders what they find by the exact products. HNSW was measured beside them: it takes many times longer to build,
and nothing can be taken out of it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Vectors
from retrieval.scan import load_faiss

DEPTHS = (100, 1_000)  # depths of a search for which the probes are tuned
TUNED_RECALL = 0.995  # against the promised .99: what queries outside the sample may lose
QUERIES = 200  # half of them tune, the other half measure
ROUNDS, PER_LIST = 8, 64  # of k-means, and the vectors for each list that it learns from


class InvertedLists:
    """Places by their vectors, in FAISS's inverted lists."""

    def __init__(self, index: Any, probes: Mapping[int, int], recall: float) -> None:
        """`probes` gives the lists to look into for each tuned depth; `recall` is what was measured at the first."""
        self.index = index
        self.probes = dict(probes)
        self.recall = recall

    @classmethod
    def build(cls, vectors: Vectors, queries: Vectors | None, seed: int = 0) -> InvertedLists:
        """Lists over `vectors`, float32 [items, dimension], tuned on `queries`, float32 [queries, dimension].

        Without queries they are made up: see `blends`.
        """
        faiss = load_faiss()
        items, dimension = vectors.shape
        centres = faiss.IndexFlatIP(dimension)
        half = faiss.ScalarQuantizer.QT_fp16
        lists = math.isqrt(items)
        index = faiss.IndexIVFScalarQuantizer(centres, dimension, lists, half, faiss.METRIC_INNER_PRODUCT, False)
        index.cp.niter, index.cp.max_points_per_centroid, index.cp.seed = ROUNDS, PER_LIST, seed
        index.train(vectors)
        index.add(vectors)
        asked = blends(vectors, QUERIES, seed) if queries is None else queries[:: math.ceil(len(queries) / QUERIES)]
        return _tuned(index, vectors, np.ascontiguousarray(asked, np.float32))

    def search(self, query: Vectors, count: int, among: NDArray[np.bool_] | None) -> NDArray[np.int64]:
        """Places of about the `count` best, in no order; `among`, bool [items], is the filter. There may be fewer."""
        faiss = load_faiss()
        share = 1.0 if among is None else float(among.mean())
        selector = {} if among is None else {"sel": faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))}
        parameters = faiss.SearchParametersIVF(nprobe=self.probes_for(count / share), **selector)
        _, places = self.index.search(query[None], count, params=parameters)
        found: NDArray[np.int64] = places[0][places[0] >= 0]
        return found

    def probes_for(self, depth: float) -> int:
        """How many lists to look into for the first `depth` items; a filter that keeps a tenth goes ten times as deep.

        Straight lines over log depth between the tuned ones; to find every item, every list.
        """
        known = {**self.probes, max(self.index.ntotal, depth): self.index.nlist}
        return math.ceil(float(np.interp(math.log(depth), np.log(list(known)), list(known.values()))))

    def replace(self, places: NDArray[np.int64], vectors: Vectors) -> None:
        """Put `vectors`, float32 [places, dimension], at `places`, instead of what was there."""
        self.index.remove_ids(load_faiss().IDSelectorBatch(places))
        self.index.add_with_ids(vectors, places)

    def save(self, file: Path) -> None:
        """Write the lists."""
        load_faiss().write_index(self.index, str(file))

    @classmethod
    def load(cls, file: Path, probes: Mapping[int, int], recall: float) -> InvertedLists:
        """Read the lists."""
        return cls(load_faiss().read_index(str(file)), probes, recall)


def blends(vectors: Vectors, count: int, seed: int) -> Vectors:
    """Made-up queries, float32 [count, dimension]: means of ten rows, as a user's vector is one of many items.

    They are far harder to answer than queries that resemble one row, which need a tenth of the probes.
    """
    rows = np.random.default_rng(seed).integers(0, len(vectors), (count, 10))
    made: Vectors = vectors[rows].mean(axis=1)
    return made


def _tuned(index: Any, vectors: Vectors, queries: Vectors) -> InvertedLists:
    """The fewest probes that reach the recall at each depth, on one half of the queries; measured on the other half."""
    faiss = load_faiss()
    depths = [depth for depth in DEPTHS if depth < len(vectors)] or [len(vectors)]
    _, exact = faiss.knn(queries, vectors, depths[-1], metric=faiss.METRIC_INNER_PRODUCT)
    half = math.ceil(len(queries) / 2)

    def recall(probes: int, depth: int, rows: slice) -> float:
        parameters = faiss.SearchParametersIVF(nprobe=probes)
        _, found = index.search(queries[rows], depth, params=parameters)
        return float(np.mean([np.isin(*pair).mean() for pair in zip(exact[rows, :depth], found, strict=True)]))

    tried = np.unique(np.geomspace(1, index.nlist, 64).astype(int)).tolist()
    probes = {}
    for depth in depths:
        reached = partial(recall, depth=depth, rows=slice(half))
        probes[depth] = tried[bisect_left(tried[:-1], TUNED_RECALL, key=reached)]
    measured = recall(probes[depths[0]], depths[0], slice(len(queries) - half, None))
    return InvertedLists(index, probes, measured)
