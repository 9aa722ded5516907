"""The records that everything is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CORRECTION = "correction"  # the type of an event that says what its user is into; see `interests.corrections`


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a user did.

    `timestamp` is Unix seconds, or a place in the order where the data is order-only. `item_id` is empty for an event
    without an item, such as a search; `text` holds what the user wrote.
    """

    user_id: str
    item_id: str
    timestamp: float
    type: str = "view"
    value: float | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be recommended; `facets` are its further columns, as text.

    Several values of a facet stand apart by `|`. `entities` are facets that a knowledge graph gave: their values are
    ids that say nothing to a reader, so no text holds them.
    """

    item_id: str
    title: str
    description: str = ""
    categories: tuple[str, ...] = ()
    year: int | None = None
    image: str = ""
    available: bool = True
    facets: Mapping[str, str] = field(default_factory=dict)
    entities: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relation:
    """What triples say of an item under one name: a facet, or with `entities` ids; several values apart by `|`."""

    item_id: str
    name: str
    text: str
    entities: bool = False
