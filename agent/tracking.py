"""Histories as the tracker of interests reads them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interests.topics import Topics
from interests.tracker import Log
from retrieval.trail import NO_ITEM, PastReader, Trail


def log_of(trails: Sequence[Trail], topics: Topics, reader: PastReader, order_only: bool) -> Log:
    """The events of users 0, 1, … as one log; what was only written, and items without topics, have no mass.

    `topics` are of the items at the reader's places. Of data that knows the order only, all events are at one moment.
    """
    users = np.repeat(np.arange(len(trails)), [len(trail) for trail in trails])
    items = np.concatenate([np.zeros(0, np.int64), *(trail.items for trail in trails)])
    seconds = np.concatenate([np.zeros(0), *(trail.times for trail in trails)])
    signals = np.concatenate([np.zeros(0, np.int64), *(trail.signals for trail in trails)])
    mass = topics.mass[np.maximum(items, 0)].toarray()
    mass[items == NO_ITEM] = 0
    polarity = (signals % 3 - 1).astype(np.int8)
    return Log(users, np.zeros_like(seconds) if order_only else seconds, mass, reader.weights[signals], polarity)
