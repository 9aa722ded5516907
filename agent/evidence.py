"""Evidence for a recommendation: the past events nearest to the item, and the facets that they share with it."""

from __future__ import annotations

from collections.abc import Callable

from agent.results import Evidence
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline
from retrieval.encoder import Vectors
from retrieval.taste import Taste

CITED = 2  # more titles make a sentence that nobody reads
COUNTS = 0.95  # events beyond this share of the taste's weight moved nothing, however near they are


def cite(
    item: Item,
    vector: Vectors,
    taste: Taste,
    timeline: Timeline,
    catalogue: Catalogue,
    verb: Callable[[Event], str],
) -> tuple[str, tuple[Evidence, ...]]:
    """The events whose items are nearest to this one, nearest first, and the verb that is true of all of them.

    Up to `CITED` of them, each other item once. The taste holds only events that speak for their items, so none that
    speaks against can be cited; of those, the newest that together carry `COUNTS` of its weight are looked at.
    """
    found: dict[str, Evidence] = {}
    told = ""
    influences = taste.influence(vector)
    counting = int((taste.shares.cumsum() < COUNTS * taste.shares.sum()).sum()) + 1
    for part in (taste.parts[:counting] @ vector).argsort(kind="stable")[::-1]:
        event = timeline.events[taste.places[part]]
        named = event.item_id in catalogue and event.item_id not in (item.item_id, *found)
        if named and influences[part] > 0 and told in ("", verb(event)):
            told = verb(event)
            title = catalogue[event.item_id].title
            found[event.item_id] = Evidence(event.item_id, title, round(float(influences[part]), 4))
        if len(found) == CITED:
            break
    return told, tuple(found.values())


def shared_facets(item: Item, evidence: tuple[Evidence, ...], catalogue: Catalogue) -> tuple[str, ...]:
    """The item's categories that every cited item has too, in the item's order."""
    if not evidence:
        return ()
    cited = [set(catalogue[entry.item_id].categories) for entry in evidence]
    return tuple(name for name in item.categories if all(name in categories for categories in cited))
