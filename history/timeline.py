"""One user's events in order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from history.records import CORRECTION, Event


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of one user, oldest first; equal timestamps keep the order in which they came.

    `corrections` are what the user said of their own interests; they are no behaviour, so `events` are without them.
    """

    user_id: str
    events: tuple[Event, ...] = ()
    corrections: tuple[Event, ...] = ()

    @classmethod
    def of(cls, user_id: str, stored: Iterable[Event]) -> Timeline:
        """The timeline of all that is stored of a user."""
        events = tuple(stored)
        said = tuple(event for event in events if event.type == CORRECTION)
        return cls(user_id, tuple(event for event in events if event.type != CORRECTION) if said else events, said)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The items of the events that have one, in order, repeats kept."""
        return tuple(event.item_id for event in self.events if event.item_id)

    def before(self, place: int) -> Timeline:
        """The timeline as it was before its event number `place` (from 0; negative counts from the end)."""
        return Timeline(self.user_id, self.events[:place])
