"""Whoever chats: a user of the store, or a visitor of whom only the conversation knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from history.moment import now
from history.records import Event
from history.store import Store
from history.timeline import Timeline
from workspace.errors import UnknownName

VISITOR = "visitor"
MOST_EVENTS = 2_000  # of a visitor, the latest


class Person(Protocol):
    """Has a history, to which events come and from which they may be taken."""

    @property
    def user_id(self) -> str:
        """The id that events bear."""
        ...

    @property
    def kept(self) -> bool:
        """Whether conversations with them are stored."""
        ...

    def timeline(self) -> Timeline:
        """All that the person did."""
        ...

    def add(self, events: Sequence[Event]) -> None:
        """Keep what the person just did."""
        ...

    def remove(self, events: Sequence[Event]) -> None:
        """As if these events had not been."""
        ...

    def forget(self) -> int:
        """Forget all about the person; how many events that were."""
        ...

    def now(self) -> float:
        """The moment of a new event."""
        ...


@dataclass(frozen=True)
class User:
    """One whose events are stored."""

    store: Store
    user_id: str
    kept: bool = True

    def timeline(self) -> Timeline:
        """All that the user did; nothing, of one who was forgotten."""
        try:
            return self.store.timeline(self.user_id)
        except UnknownName:
            return Timeline(self.user_id)

    def add(self, events: Sequence[Event]) -> None:
        """Store them."""
        self.store.add(events=events)

    def remove(self, events: Sequence[Event]) -> None:
        """Take them out of the store."""
        self.store.remove(events)

    def forget(self) -> int:
        """Erase all that the store holds of the user."""
        return self.store.forget(self.user_id)

    def now(self) -> float:
        """The clock's, or one place further where only the order is known."""
        return now(self.store)


@dataclass
class Visitor:
    """One without an account: the conversation holds what they did."""

    store: Store
    events: list[Event] = field(default_factory=list)
    user_id: str = VISITOR
    kept: bool = False

    def timeline(self) -> Timeline:
        """All that was said in this conversation."""
        return Timeline.of(self.user_id, self.events)

    def add(self, events: Sequence[Event]) -> None:
        """Hold them."""
        self.events += [event for event in events if event not in self.events]
        del self.events[:-MOST_EVENTS]

    def remove(self, events: Sequence[Event]) -> None:
        """Let go of them."""
        self.events[:] = [event for event in self.events if event not in events]

    def forget(self) -> int:
        """Let go of all."""
        count = len(self.events)
        self.events.clear()
        return count

    def now(self) -> float:
        """The clock's, or one place further where only the order is known."""
        return now(self.store) + (len(self.events) if self.store.order_only() else 0)
