"""A copy of all that is held of one user."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from agent.results import Printable
from history.records import Event
from history.store import Store

ALL = 1_000_000  # lists: more than anybody was shown


@dataclass(frozen=True, slots=True)
class UserCopy(Printable):
    """`events` are what the user did, `said` what they said of topics, both oldest first; `lists` newest first."""

    user_id: str
    events: tuple[Event, ...]
    said: tuple[Event, ...]
    lists: tuple[dict[str, Any], ...]
    conversations: tuple[dict[str, Any], ...]


def export(store: Store, user_id: str) -> UserCopy:
    """The copy.

    Raises:
        UnknownName: no such user.
    """
    timeline = store.timeline(user_id)
    lists = tuple(json.loads(one.shown) for one in store.lists(user_id=user_id, count=ALL))
    conversations = tuple(json.loads(state) for state in store.conversations(user_id))
    return UserCopy(user_id, timeline.events, timeline.corrections, lists, conversations)
