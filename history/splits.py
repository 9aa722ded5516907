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


def last_target(timeline: Timeline, catalogue: Container[str], repeats: bool = False) -> Target | None:
    """The last event whose item is in the catalogue, with at least one event before it.

    Without `repeats` the item must also be new to its user.
    """
    seen: set[str] = set()
    last = 0
    for place, event in enumerate(timeline.events):
        if event.item_id in catalogue and (repeats or event.item_id not in seen):
            last = place
        seen.add(event.item_id)
    return Target(timeline.before(last), timeline.events[last].item_id) if last else None
