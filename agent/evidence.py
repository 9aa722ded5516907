"""Evidence for a recommendation: the past events nearest to the item, and the facets that they share with it."""

from __future__ import annotations

from agent.results import Evidence
from history.catalogue import Catalogue
from history.records import Item
from history.timeline import Timeline
from retrieval.encoder import Vectors
from retrieval.taste import Taste

CITED = 2  # more titles make a sentence that nobody reads


def cite(item: Item, vector: Vectors, taste: Taste, timeline: Timeline, catalogue: Catalogue) -> tuple[Evidence, ...]:
    """Up to `CITED` events that speak for the item, greatest influence first, each other item once.

    The taste holds only events that speak for their items, so none that speaks against can be cited.
    """
    found: dict[str, Evidence] = {}
    influences = taste.influence(vector)
    for part in influences.argsort(kind="stable")[::-1]:
        event = timeline.events[taste.places[part]]
        named = event.item_id in catalogue and event.item_id != item.item_id
        if named and influences[part] > 0 and event.item_id not in found:
            title = catalogue[event.item_id].title
            found[event.item_id] = Evidence(event.item_id, title, round(float(influences[part]), 4))
        if len(found) == CITED:
            break
    return tuple(found.values())


def shared_facets(item: Item, evidence: tuple[Evidence, ...], catalogue: Catalogue) -> tuple[str, ...]:
    """The item's categories that every cited item has too, in the item's order."""
    if not evidence:
        return ()
    cited = [set(catalogue[entry.item_id].categories) for entry in evidence]
    return tuple(name for name in item.categories if all(name in categories for categories in cited))
