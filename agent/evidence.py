"""Evidence for a recommendation: the events that move it most, and what else is true of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.grounds import Grounds, shown
from agent.influence import Influence, influence
from agent.knowledge import Knowledge
from agent.results import Evidence
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline
from interests.topics import TopicShare

CITED = 2  # more titles make a sentence that nobody reads
LATELY = 5  # the newest events: what was among them was done lately
FEW = 3  # events: fewer say little of anybody
LEADS, LIFTED = 0.1, 1.5  # a topic that somebody is into: its share now, at least, and compared with everyone's


@dataclass(frozen=True)
class Witness:
    """What grounds are drawn from: a history and the events' influence on the items that are to be explained.

    `now` is what the user is into, `usual` everyone's share of each topic, and `topics` gives those of an item.
    """

    timeline: Timeline
    catalogue: Catalogue
    influence: Influence
    now: Sequence[TopicShare]
    usual: Mapping[str, float]
    topics: Callable[[str], Sequence[str]]
    verb: Callable[[Event], str]
    popular: Callable[[str], bool]

    def grounds(self, item: Item, column: int) -> Grounds:
        """Those of the item whose influence stands in this column."""
        verb, places = cite(item, self.timeline, self.catalogue, self.influence, column, self.verb)
        gained = dict(zip(self.influence.places.tolist(), self.influence.gained[:, column].tolist(), strict=True))
        events = tuple(self._evidence(place, gained[place]) for place in places)
        known = [place for place in self.influence.places.tolist() if gained[place] > 0]
        return Grounds(
            item,
            events,
            verb,
            shared_facets(item, events, self.catalogue),
            topic=self._topic(item),
            lately=bool(places) and min(places) >= len(self.timeline) - LATELY and len(self.timeline) > LATELY,
            few=0 < len(self.timeline) < FEW,
            nothing=not self.timeline.events,
            again=next((self.verb(self.timeline.events[one]) for one in known if self._of(one) == item.item_id), ""),
            liking=len(self.influence.places) > 0,
            popular=self.popular(item.item_id),
            written=any(self.timeline.events[place].text for place in known),
            lift=float(self.influence.lift[column]),
        )

    def _of(self, place: int) -> str:
        return self.timeline.events[place].item_id

    def _evidence(self, place: int, gained: float) -> Evidence:
        item_id = self._of(place)
        return Evidence(item_id, self.catalogue[item_id].title, round(gained, 4))

    def _topic(self, item: Item) -> str | None:
        own = self.topics(item.item_id)
        into = (one.topic for one in self.now if one.share >= max(LEADS, LIFTED * self.usual.get(one.topic, 0.0)))
        return next((topic for topic in into if topic in own), None)


def grounds_for(
    know: Knowledge, timeline: Timeline, items: Sequence[Item], now: Sequence[TopicShare], llm: bool
) -> list[Grounds]:
    """Why each of these items would be recommended after a timeline; `now` is what its user is into."""
    places = np.array([know.index.places[item.item_id] for item in items], np.int64)
    witness = Witness(
        timeline,
        know.catalogue,
        influence(know, timeline, places, llm),
        now,
        dict(zip(know.topics.names, know.tracking.everyone.tolist(), strict=True)),
        know.topics_of,
        know.verb,
        know.popular,
    )
    return [witness.grounds(item, column) for column, item in enumerate(items)]


def cite(
    item: Item,
    timeline: Timeline,
    catalogue: Catalogue,
    influence: Influence,
    column: int,
    verb: Callable[[Event], str],
) -> tuple[str, list[int]]:
    """The places of up to `CITED` events that speak for the item, and the verb that is true of all of them.

    Those that move its score up most, on items that are still to be named and are shown by another title, each once.
    """
    told, found = "", list[int]()
    gained: NDArray[np.float64] = influence.gained[:, column]
    named = {shown(item.title)}
    for row in np.argsort(-gained, kind="stable").tolist():  # what was not looked at is NaN and comes last
        place = int(influence.places[row])
        event = timeline.events[place]
        title = shown(catalogue[event.item_id].title) if event.item_id in catalogue else None
        if title and title not in named and told in ("", verb(event)) and gained[row] > 0:
            told = verb(event)
            found.append(place)
            named.add(title)
        if len(found) == CITED:
            break
    return told, found


def shared_facets(item: Item, evidence: Sequence[Evidence], catalogue: Catalogue) -> tuple[str, ...]:
    """The item's categories that every cited item has too, in the item's order."""
    if not evidence:
        return ()
    cited = [set(catalogue[entry.item_id].categories) for entry in evidence]
    return tuple(name for name in item.categories if all(name in categories for categories in cited))
