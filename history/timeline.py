"""One user's events in order."""

from __future__ import annotations

from dataclasses import dataclass

from history.records import Event


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of one user, oldest first; equal timestamps keep the order in which they came."""

    user_id: str
    events: tuple[Event, ...] = ()

    def __len__(self) -> int:
        return len(self.events)

    @property
    def item_ids(self) -> tuple[str, ...]:
        """The items of the events that have one, in order, repeats kept."""
        return tuple(event.item_id for event in self.events if event.item_id)

    def before(self, place: int) -> Timeline:
        """The timeline as it was before its event number `place` (from 0; negative counts from the end)."""
        return Timeline(self.user_id, self.events[:place])
