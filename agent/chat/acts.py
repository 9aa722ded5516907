"""What a turn asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agent.chat.intents import Intent
from agent.chat.names import Sense
from agent.chat.years import Span

EVERY = 1_000_000  # the place that "all of these" names: the whole list
Feeling = Literal["like", "dislike", "seen"]


@dataclass(frozen=True, slots=True)
class Wish:
    """That items have, or with `wanted` false have not, one of these facets or years."""

    senses: tuple[Sense, ...] = ()
    years: Span | None = None
    wanted: bool = True


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a turn asks for.

    `items` are the titles that it names, each by all items that bear it; `unlike` those that it turns down; `places`
    are places of the list shown last, counted from 1 or, below 0, from its end; 0 is what was spoken of last; `far`
    are places that it turns down. `text` is what to search for, or what was said of a profile. With `drops` the wishes
    are to hold no longer, and those of the `fields`, "year", "category", "people" or "all", neither. `age` asks for
    older items than the last list's, -1, or newer ones, 1.
    `erases` says that not only a conversation is to be forgotten.
    """

    intent: Intent
    items: tuple[tuple[str, ...], ...] = ()
    unlike: tuple[tuple[str, ...], ...] = ()
    places: tuple[int, ...] = ()
    far: tuple[int, ...] = ()
    wishes: tuple[Wish, ...] = ()
    count: int | None = None
    feeling: Feeling | None = None
    rating: tuple[float, float] | None = None
    text: str = ""
    drops: bool = False
    fields: tuple[str, ...] = ()
    age: int = 0
    erases: bool = False
