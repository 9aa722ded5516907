"""Where a conversation stands: what is kept between two turns."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from agent.chat.acts import Act
from agent.chat.intents import Intent
from agent.chat.wishes import Held
from history.records import Event


@dataclass(frozen=True)
class Done:
    """What may be taken back: what held before an act, the events that it added, and what it did, in words."""

    held: Held
    events: tuple[Event, ...]
    told: str


@dataclass(frozen=True)
class Waiting:
    """A question that the next turn may answer: which of the items `among` the act means, before the `rest` is done;
    or, without an act, whether all is to be erased."""

    act: Act | None = None
    among: tuple[str, ...] = ()
    rest: tuple[Act, ...] = ()


@dataclass(frozen=True)
class State:
    """`listed` are the items of the list shown last, `shown` all that were shown, `focus` those spoken of last, by id.

    `before` is what the last turn asked for; `turns` are what was said, by whom: "you" or "me".
    """

    held: Held = Held()
    listed: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    focus: tuple[str, ...] = ()
    done: tuple[Done, ...] = ()
    waiting: Waiting | None = None
    before: tuple[Intent, ...] = ()
    turns: tuple[tuple[str, str], ...] = ()


STATES = TypeAdapter(State)


def read_state(text: str) -> State | None:
    """What was written down; None of what another version wrote."""
    try:
        return STATES.validate_json(text)
    except ValueError:
        return None
