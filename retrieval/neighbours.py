"""Which items go with which: three ways to count it, each an items × items matrix of few entries.

Markov: what follows what within a few steps, weight 1 / gap, rows normalised to 1 (Rendle et al. 2010 factorise it).
Item-kNN: S = C / (√c_a √c_b + shrink) with C = XᵀX (Sarwar et al. 2001, with shrinkage).
EASE: with P = (XᵀX + λI)⁻¹, B_ab = -P_ab / P_bb, diagonal 0 (Steck 2019).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack

from retrieval.trail import Floats, Ints

BLOCK = 512  # columns held at once
KEPT, KEPT_OF_MANY, MANY = 300, 100, 20_000  # neighbours kept of each item, in catalogues of up to MANY items and above


def markov(users: Ints, items: Ints, item_count: int, window: int = 10) -> csr_array:
    """The normalised counts a → b, float64 [items, items]; an item that nothing follows has a row of zeros.

    `users` and `items` are int64 [events], ordered by user, then as they happened.
    """
    pairs = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for gap in range(1, window + 1):
        same = np.flatnonzero(users[gap:] == users[:-gap])
        pairs.append((items[same], items[same + gap], np.full(len(same), 1 / gap)))
    before, after, data = (np.concatenate(column) for column in zip(*pairs, strict=True))
    counts = csr_array((data, (before, after)), shape=(item_count, item_count))
    totals = np.asarray(counts.sum(axis=1))
    counts.data /= np.repeat(totals, np.diff(counts.indptr))
    return counts


def item_knn(x: csr_array, k: int, shrink: float) -> csc_array:
    """The similarities S, float64 [items, items]; each candidate item (a column) keeps its `k` nearest neighbours."""
    columns = x.tocsc()
    roots = np.sqrt(np.asarray(x.sum(axis=0)).ravel())
    blocks = []
    for start in range(0, x.shape[1], BLOCK):
        together = csc_array(columns.T @ columns[:, start : start + BLOCK])
        places = np.repeat(np.arange(start, start + together.shape[1]), np.diff(together.indptr))
        together.data /= roots[together.indices] * roots[places] + shrink
        together.data[together.indices == places] = 0.0
        blocks.append(strongest(together, k))
    return csc_array(hstack(blocks))


def kept_of(item_count: int) -> int:
    """How many neighbours of each item are kept in a catalogue of so many."""
    return KEPT if item_count <= MANY else KEPT_OF_MANY


def strongest(matrix: csc_array, k: int) -> csc_array:
    """The matrix with all but the `k` entries of greatest size in each column left out, in place."""
    for start, end in pairwise(matrix.indptr):
        if end - start > k:
            part = matrix.data[start:end]
            part[np.argpartition(-np.abs(part), k)[k:]] = 0.0
    matrix.eliminate_zeros()
    return matrix


def ease(x: csr_array, regularisation: float, dtype: type = np.float64) -> Floats:
    """The weights B, `dtype` [items, items], dense; `regularisation` is λ."""
    gram = (x.T @ x).toarray().astype(dtype)
    gram[np.diag_indices_from(gram)] += regularisation
    inverse = np.linalg.inv(gram)
    weights: Floats = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights
