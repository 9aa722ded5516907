"""Splitting timelines by time."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from history.timeline import Timeline


@dataclass(frozen=True, slots=True)
class Target:
    """An item to predict, and all that its user did before."""

    history: Timeline
    item_id: str


def last_new_item(timeline: Timeline, catalogue: Container[str]) -> Target | None:
    """The last event whose item is in the catalogue and new to its user, with at least one event before it."""
    for place in range(len(timeline) - 1, 0, -1):
        item_id = timeline.events[place].item_id
        history = timeline.before(place)
        if item_id and item_id in catalogue and item_id not in history.item_ids:
            return Target(history, item_id)
    return None
