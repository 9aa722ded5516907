"""New items without a fit: until they have events of their own they go the way of the items that read like them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import block_array, csc_array, csr_array, sparray

from history.records import Item
from retrieval.encoder import Vectors
from retrieval.neighbours import strongest
from retrieval.parts import FacetPart, NeighbourPart, Part, PopularityPart, TextPart, TowerPart
from retrieval.retriever import Retriever
from retrieval.trail import Floats

ALIKE = 10  # items that a new one is likened to
KEPT = 300  # of the neighbours that it takes over from them
CELLS = 4_000_000  # products held at once


def grow(retriever: Retriever, item_ids: Sequence[str], texts: Vectors, items: Sequence[Item]) -> Retriever:
    """A retriever that also has items that are new or whose text changed; it takes over the index of the old one.

    `texts` are their embeddings, float32 [n, width], `items` all items at their places afterwards. A new item has no
    residual, so the tower knows it by its text. As its neighbours and its popularity it is given the mean of those of
    the `ALIKE` fitted items whose embeddings are nearest; none, where it has no text. No new item is another's
    neighbour.
    """
    index = retriever.index
    new = np.array([item_id not in index.places for item_id in item_ids], bool)
    alike = likeness(texts[new], retriever.texts)
    vectors = np.zeros((len(item_ids), index.dimension), np.float32)
    known = [index.places[item_id] for item_id in np.array(item_ids)[~new]]
    vectors[~new] = index.vectors[known]
    vectors[:, : texts.shape[1]] = texts
    index.add(item_ids, vectors)
    parts = {name: _grown(part, alike) for name, part in retriever.parts.items()}
    return Retriever(index, {**parts, "facets": FacetPart.of(items)}, retriever.weights)


def likeness(new: Vectors, fitted: Vectors) -> csr_array:
    """Each new item as the mean of its `ALIKE` nearest fitted ones, float32 [new, fitted]; zeros for a blank one."""
    count = min(ALIKE, len(fitted))
    told = np.flatnonzero(new.any(axis=1))
    block = max(1, CELLS // len(fitted))
    nearest = [
        np.argpartition(-(new[told[start : start + block]] @ fitted.T), count - 1, axis=1)[:, :count]
        for start in range(0, len(told), block)
    ]
    columns = np.concatenate([np.zeros((0, count), np.int64), *nearest]).ravel()
    values = np.full(len(columns), 1 / count, np.float32)
    return csr_array((values, (np.repeat(told, count), columns)), (len(new), len(fitted)))


def _grown(part: Part, alike: csr_array) -> Part:
    if isinstance(part, NeighbourPart):
        after = strongest(csc_array(part.matrix @ alike.T), KEPT)
        before = strongest(csc_array(part.matrix.T @ alike.T), KEPT).T
        blocks: list[list[sparray | None]] = [[part.matrix, after], [before, None]]
        return NeighbourPart(part.name, csr_array(block_array(blocks)))
    if isinstance(part, PopularityPart):
        return PopularityPart(_with(part.counts, alike), _with(part.recent, alike))
    if isinstance(part, TowerPart | TextPart | FacetPart):
        return part
    raise TypeError(f"{part!r} cannot grow")


def _with(counts: Floats, alike: csr_array) -> Floats:
    return np.concatenate([counts, alike @ counts])
