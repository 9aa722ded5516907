"""What a reason may say."""

from __future__ import annotations

from dataclasses import dataclass

from agent.results import Evidence
from history.records import Item
from prompts.segment import clean

LONGEST = 80  # characters of a title in a reason


@dataclass(frozen=True)
class Grounds:
    """What is known of why an item is recommended to somebody; every claim of a reason must be among it.

    `events` are those that speak for it, the one that moves the score most first, and `verb` is true of all of them;
    `facets` are the categories that it shares with each of their items. `topic` is one of its own that the user is into
    now, more than others are. `lately` says that the events are among the newest, `few` that hardly anything is known
    of the user and `nothing` that nothing is, `again` what the
    user did with the item itself before, empty where that does not speak for it,
    `liking` that some event speaks for its own item, `popular` that the item
    is widely liked, and `written` that something the user wrote speaks for it. `lift` is what the whole history does
    for its score, in nats: not above 0 where it is not taste that brought it up.
    """

    item: Item
    events: tuple[Evidence, ...]
    verb: str
    facets: tuple[str, ...]
    topic: str | None = None
    lately: bool = False
    few: bool = False
    nothing: bool = False
    again: str = ""
    liking: bool = True
    popular: bool = False
    written: bool = False
    lift: float = 1.0


def shown(title: str) -> str:
    """A title as one line of at most `LONGEST` characters, without the quotes that titles stand in."""
    line = clean(title).replace('"', "'")
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
