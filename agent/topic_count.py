"""How many clusters of items are to be topics: so many that following them tells most of the next item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.tracking import TopicReader, asked, last_events
from interests.topics import Topics
from interests.tracker import Habits, Interests, trace
from retrieval.clusters import centres, nearest
from retrieval.encoder import Vectors
from retrieval.trail import PastReader, Trail

COUNTS = 8, 12, 16, 24, 32, 48
USERS = 100  # whose last events are forecast
LEAST_P = 1e-12


def best_centres(
    texts: Vectors, reader: PastReader, trails: Sequence[Trail], order_only: bool, generator: np.random.Generator
) -> Vectors:
    """The centres of as many clusters as tell most, float32 [clusters, width], of `texts`, float32 [items, width].

    Few topics say little of an item, many are seldom met again. So each of `COUNTS` is tried: the memories forecast the
    topic of what a sample of users did next, an item has its share of its topic's events, and the number counts under
    which the items that came were likeliest. Without events it is the first.
    """
    sample = [last_events(trails[place]) for place in generator.permutation(len(trails))[:USERS]]
    counts = np.bincount(
        np.concatenate([np.zeros(0, np.int64), *(trail.known for trail in trails)]), minlength=len(texts)
    )
    tried = [centres(texts, count) for count in COUNTS if count <= max(COUNTS[0], len(texts) // 2)]
    told = [
        _log_likelihood(
            TopicReader(Topics.of_clusters(nearest(texts, one), len(one)), reader, order_only), sample, counts
        )
        for one in tried
    ]
    return tried[int(np.argmax(told))]


def _log_likelihood(read: TopicReader, trails: Sequence[Trail], counts: NDArray[np.int64]) -> float:
    """The mean log P(next item) of the later events, in nats, by their topics; 0 without any."""
    log = read.log(trails)
    places = asked(log)
    if not places.any():
        return 0.0
    met = counts + 1.0
    everyone = read.topics.shares(np.arange(len(met)), met)
    forecast = trace(Interests.of(len(trails), everyone, Habits()), log)[places]
    items = np.concatenate([trail.items for trail in trails])[places]
    topic = log.mass[places].argmax(axis=1)
    share = met[items] / (everyone * met.sum())[topic]
    p = forecast[np.arange(len(topic)), topic] * share
    return float(np.log(np.maximum(p, LEAST_P)).mean())
