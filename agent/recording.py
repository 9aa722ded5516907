"""New events: whether they can be, and keeping them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import TypeVar

from agent.chat.person import VISITOR
from history.domain import Domain
from history.moment import now
from history.reading.fields import identifier, timestamp
from history.reading.table import BadRow
from history.records import Event, Item
from history.store import Store, Stored
from workspace.errors import UnknownName, UsageError

T = TypeVar("T")


def check(event: Event, domain: Domain, items: Mapping[str, Item]) -> None:
    """Refuse an event that nobody can have done.

    Raises:
        UnknownName: no such item.
        UsageError: its type, value or text does not go with the rest; the message says how it would.
    """
    _explained("user", lambda: identifier(event.user_id, "user"))
    if event.item_id:
        items[event.item_id]
    elif not event.text:
        raise UsageError("an event without an item needs a text, for instance type search and text 'space films'")
    if event.type not in domain.events:
        known = ", ".join(domain.events)
        raise UsageError(f"type {event.type!r} is not known to the {domain.name} domain; known: {known}")
    if (event.value is not None) != (event.type == "rating"):
        raise UsageError("a rating needs a value, and only a rating takes it: type rating, value 4")
    if event.value is not None and not (isfinite(event.value) and event.value >= 0):
        raise UsageError(f"value {event.value:g} is no rating; give a number from 0 up")


def moment_of(at: str, store: Store) -> float:
    """The moment that is told, Unix seconds or ISO 8601; now, where nothing is.

    Raises:
        UsageError: it is no time, or lies in the future.
    """
    if not at:
        return now(store)
    order_only = store.order_only()
    return _explained("time", lambda: timestamp(at, now=time.time(), order_only=order_only))


def record(store: Store, events: Sequence[Event], after: Mapping[Event, str] | None = None) -> Stored:
    """Keep events, all or none; `after` says which list, by its recommendation_id, an event goes back to.

    Raises:
        UnknownName: no such list was shown.
        UsageError: it was shown to another user; one that a visitor saw may be anybody's; or the user is called as
            visitors are.
        DataError: a rating lies above the store's scale.
    """
    if any(event.user_id == VISITOR for event in events):
        raise UsageError(f"{VISITOR!r} is what those without an account are called; give the user another id")
    if after:
        lists = store.lists(list({*after.values()}), count=len(after))
        whose = {one.recommendation_id: one.user_id for one in lists}
        for event, recommendation_id in after.items():
            if recommendation_id not in whose:
                raise UnknownName(f"no list was shown under the recommendation_id {recommendation_id!r}")
            if whose[recommendation_id] not in (event.user_id, VISITOR):
                raise UsageError(f"the list {recommendation_id!r} was shown to another user than {event.user_id!r}")
    return store.add(events=events, after=after)


def _explained(field: str, read: Callable[[], T]) -> T:
    """What a reader of file cells makes of a value; its complaint becomes one about the field."""
    try:
        return read()
    except BadRow as error:
        raise UsageError(f"{field} {error.reason}") from error
