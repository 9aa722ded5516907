"""What a history says about taste: one query vector, a decayed mean of what was liked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from history.domain import Domain
from history.polarity import weight
from history.timeline import Timeline
from retrieval.encoder import Vectors

KNOWN = 50_000  # embedded texts kept, since fitting reads each history several times
DECAY = 0.8  # not tuned: it serves evidence and interests as well as the ranking
REACH = 100  # events further back than this count for nothing


@dataclass(frozen=True, slots=True)
class Taste:
    """A query and what it is made of.

    `query` is sum_j shares[j] * parts[j], a unit vector or zeros; `places` gives each part's event in the timeline.
    """

    query: Vectors
    parts: Vectors
    shares: NDArray[np.float32]
    places: tuple[int, ...]

    def influence(self, vectors: Vectors) -> NDArray[np.float32]:
        """What each part adds to the query's inner products with `vectors`, [n, width]: float32 [parts, n].

        They sum to it.
        """
        added: NDArray[np.float32] = self.shares[:, None] * (self.parts @ vectors.T)
        return added


class TasteReader:
    """Reads timelines into tastes, for one domain."""

    def __init__(
        self,
        domain: Domain,
        scale: float,
        vector_of: Callable[[str], Vectors | None],
        encode: Callable[[Sequence[str]], Vectors],
        dimension: int,
    ) -> None:
        """`vector_of` gives an item's vector, None when it has none; `encode` embeds what users wrote.

        Both are of width `dimension`.
        """
        self._domain = domain
        self._scale = scale
        self._vector_of = vector_of
        self._encode = encode
        self._dimension = dimension
        self._known: dict[str, Vectors] = {}

    def read(self, timeline: Timeline) -> Taste:
        """The taste of a timeline; the j-th last event that speaks for something counts DECAY^(j-1) times its weight.

        An event's text joins its item's vector, half and half, or stands for it where there is no item.
        """
        start = max(0, len(timeline) - REACH)
        written = self._written(timeline, start)
        parts: list[Vectors] = []
        weights: list[float] = []
        places: list[int] = []
        for place in range(len(timeline) - 1, start - 1, -1):
            event = timeline.events[place]
            counts = weight(event, self._domain, self._scale)
            vector = _mean(self._vector_of(event.item_id), written.get(place))
            if counts > 0 and vector is not None:
                parts.append(vector)
                weights.append(counts * DECAY ** len(weights))
                places.append(place)
        if not parts:
            empty = np.zeros((0, self._dimension), np.float32)
            return Taste(np.zeros(self._dimension, np.float32), empty, np.zeros(0, np.float32), ())
        stacked, shares = np.stack(parts), np.array(weights, np.float32)
        total = shares @ stacked
        norm = float(np.linalg.norm(total)) or 1.0
        return Taste(total / norm, stacked, shares / norm, tuple(places))

    def _written(self, timeline: Timeline, start: int) -> dict[int, Vectors]:
        """The embeddings of what the user wrote, by place; all in one batch."""
        texts = {place: event.text for place, event in enumerate(timeline.events) if event.text and place >= start}
        if len(self._known) > KNOWN:
            self._known.clear()
        new = list(dict.fromkeys(text for text in texts.values() if text not in self._known))
        self._known.update(zip(new, self._encode(new), strict=True) if new else ())
        return {place: self._known[text] for place, text in texts.items()}


def _mean(first: Vectors | None, second: Vectors | None) -> Vectors | None:
    if first is None or second is None:
        return second if first is None else first
    mean: Vectors = (first + second) / np.float32(2)
    return mean
