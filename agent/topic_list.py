"""The topics of a home: how much of what users do each is, and the items that stand for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from agent.knowledge import Knowledge
from interests.naming import typical


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic with its id, which stays, and its name; `share` is that among all events, `items` are typical titles."""

    topic_id: str
    topic: str
    share: float
    size: int
    items: tuple[str, ...]


def topic_list(know: Knowledge, count: int = 5) -> list[TopicView]:
    """All topics, those first that most events are about, each with the `count` items nearest to its middle."""
    topics, texts = know.topics, know.retriever.texts
    middles = topics.mass.T @ texts
    middles /= np.maximum(np.linalg.norm(middles, axis=1, keepdims=True), 1e-12)
    stands = typical(topics, texts @ middles.T, count)
    sizes = np.bincount(topics.mass.indices, minlength=len(topics.names))
    found = [
        TopicView(topic_id, name, float(share), int(size), tuple(_titles(know, places)))
        for topic_id, name, share, size, places in zip(
            topics.ids, topics.names, know.tracking.everyone, sizes, stands, strict=True
        )
    ]
    return sorted(found, key=lambda one: -one.share)


def _titles(know: Knowledge, places: np.ndarray) -> list[str]:
    return [know.catalogue[know.index.item_ids[place]].title for place in places.tolist()]
