"""The unfiltered search on a GPU, where the GPU build of FAISS finds one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Vectors
from retrieval.inverted import InvertedLists
from retrieval.scan import load_faiss

MOST = 2_048  # answers, and probes, that FAISS allows on a GPU
Search = Callable[[Vectors, int], NDArray[np.int64]]


def gpu_search(vectors: Vectors, lists: InvertedLists | None) -> Search | None:
    """Finds the places of the best `count` <= `MOST` for a query, float32 [dimension]; None where there is no GPU.

    The first GPU gets a copy of `lists`, or of `vectors`, float32 [items, dimension], where there are none.
    """
    faiss = load_faiss()
    if not hasattr(faiss, "get_num_gpus") or not faiss.get_num_gpus():
        return None
    resources = faiss.StandardGpuResources()
    if lists is None:
        flat = faiss.IndexFlatIP(vectors.shape[1])
        flat.add(vectors)
        copy = faiss.index_cpu_to_gpu(resources, 0, flat)
        return lambda query, count: copy.search(query[None], count)[1][0]
    if lists.probes_for(MOST) > MOST:
        return None
    copy = faiss.index_cpu_to_gpu(resources, 0, lists.index)
    return partial(InvertedLists(copy, lists.probes, lists.recall).search, among=None)
