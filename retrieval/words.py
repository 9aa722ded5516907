"""Which items share words: TF-IDF cosines of their texts, sharpened, as an items × items matrix of few entries.

Sentence embeddings say what a text is about; words find the same brand, series or shade again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csc_array, csr_array, hstack

from history.catalogue import item_text
from history.records import Item
from retrieval.neighbours import BLOCK, kept_of, strongest

WORD = re.compile(r"\w\w+")
FEW, COMMON = 10, 0.1  # a word in more texts than both is left out: it says little and makes the products dense
SHARPENED = 5  # the power of a cosine, so that many loose likenesses do not outweigh a close one


def shared_words(items: Sequence[Item], fitted: int | None = None) -> csr_array:
    """Each item's nearest others by their words, cosine^`SHARPENED`, float32 [items, items].

    With `fitted` only the rows of the items behind so many, and their nearest among those: [items - fitted, fitted].
    """
    x = word_vectors(items)
    others = x[:fitted]
    blocks = [csc_array((others.shape[0], 0), dtype=np.float32)]
    for start in range(fitted or 0, len(items), BLOCK):
        cosines = csc_array(others @ x[start : start + BLOCK].T)
        columns = np.repeat(np.arange(start, start + cosines.shape[1]), np.diff(cosines.indptr))
        cosines.data[cosines.indices == columns] = 0.0
        cosines.data **= SHARPENED
        blocks.append(strongest(cosines, kept_of(len(items))))
    return csr_array(hstack(blocks).T)


def word_vectors(items: Sequence[Item]) -> csr_array:
    """Unit TF-IDF vectors of the items' texts, float32 [items, words], common words left out.

    Count times ln((1 + n) / (1 + documents with the word)) + 1 (the smoothed form), words of two letters or more.
    """
    columns: dict[str, int] = {}
    bags = [Counter(WORD.findall(item_text(item).lower())) for item in items]
    cells = [(columns.setdefault(word, len(columns)), count) for bag in bags for word, count in bag.items()]
    table = np.array(cells, np.int64).reshape(-1, 2)
    starts = np.concatenate([[0], np.cumsum([len(bag) for bag in bags])])
    x = csr_array((table[:, 1].astype(np.float32), table[:, 0], starts), (len(items), len(columns)))
    documents = np.bincount(x.indices, minlength=len(columns))
    rare = np.where(documents <= max(FEW, COMMON * len(items)), np.log((1 + len(items)) / (1 + documents)) + 1, 0.0)
    x.data *= rare[x.indices].astype(np.float32)
    norms = np.sqrt(x.multiply(x).sum(axis=1))
    x.data /= np.repeat(np.where(norms > 0, norms, 1.0), np.diff(x.indptr))
    x.eliminate_zeros()
    return x
