"""How a user's interest is spread over topics now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TopicShare:
    """A topic and its share, in [0, 1]."""

    topic: str
    share: float


class TopicMap:
    """Which topics each item belongs to; an item's mass is split equally over its topics."""

    def __init__(self, topics_of: Mapping[str, Sequence[str]]) -> None:
        """`topics_of` names the topics of each item."""
        self.names = sorted({topic for topics in topics_of.values() for topic in topics})
        columns = {topic: column for column, topic in enumerate(self.names)}
        self._rows = {
            item_id: [columns[topic] for topic in dict.fromkeys(topics)]
            for item_id, topics in topics_of.items()
            if topics
        }

    def shares(self, item_ids: Sequence[str], weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The share of each topic, float64 [topics]; sums to 1, or is all 0 where no item has a topic."""
        mass = np.zeros(len(self.names))
        for item_id, weight in zip(item_ids, weights, strict=True):
            row = self._rows.get(item_id, [])
            mass[row] += weight / max(len(row), 1)
        total = mass.sum()
        return mass / total if total > 0 else mass

    def leading(self, shares: NDArray[np.float64], count: int) -> list[TopicShare]:
        """The `count` greatest shares, greatest first, without those that are 0."""
        order = np.argsort(-shares, kind="stable")[:count]
        return [TopicShare(self.names[place], float(shares[place])) for place in order if shares[place] > 0]
