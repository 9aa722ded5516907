"""What reads only the items' texts: the nearest to what was had last."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from eval.interactions import Floats, Interactions
from eval.protocols.split import Case, Split
from eval.systems import Scores
from history.catalogue import Catalogue, item_text
from retrieval.trail import decayed

WORD = re.compile(r"\w\w+")


@dataclass
class Content:
    """Score = cosine of an item's text with the mean of the last `last` items' texts; `texts` names the embedding."""

    texts: str
    embed: Callable[[Catalogue], Floats] = field(repr=False)
    last: int = 1
    fitted_on: Interactions = field(init=False, repr=False)
    _vectors: Floats = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Embed the catalogue."""
        self.fitted_on = split.test.events
        self._vectors = self.embed(self.fitted_on.catalogue)

    def score(self, cases: Sequence[Case]) -> Scores:
        """The products of the last texts with all."""
        means = decayed([case.history for case in cases], len(self._vectors), (1.0,), self.last) @ self._vectors
        return Scores(np.asarray(means @ self._vectors.T))


def tfidf(catalogue: Catalogue) -> Floats:
    """Unit TF-IDF vectors of the items' texts, float64 [items, words].

    Count times ln((1 + n) / (1 + documents with the word)) + 1 (the smoothed form), words of two letters or more.
    """
    bags = [Counter(WORD.findall(item_text(item).lower())) for item in catalogue.values()]
    columns = {word: column for column, word in enumerate(sorted({word for bag in bags for word in bag}))}
    flat = [(row, columns[word], count) for row, bag in enumerate(bags) for word, count in bag.items()]
    table = np.array(flat, np.int64).reshape(-1, 3)
    shape = (len(bags), len(columns))
    counts = csr_array((table[:, 2].astype(float), (table[:, 0], table[:, 1])), shape=shape).toarray()
    vectors: Floats = counts * (np.log((1 + len(bags)) / (1 + (counts > 0).sum(axis=0))) + 1)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(norms > 0, norms, 1.0)
