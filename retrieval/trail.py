"""Histories as arrays: what the retriever's parts read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from history.domain import Domain
from history.polarity import polarity
from history.records import Event
from history.timeline import Timeline
from retrieval.encoder import Vectors
from retrieval.taste import Taste, TasteReader

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NO_ITEM = -1


@dataclass(frozen=True, slots=True)
class Trail:
    """A user's events, oldest first, as arrays [events].

    `items` are places in the index, `NO_ITEM` where the user only wrote something; `times` as in the timeline;
    `signals` tell event types and polarities apart. `written` is what was written where there is no item, embedded.
    """

    items: Ints
    times: Floats
    signals: Ints
    written: Mapping[int, Vectors] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def known(self) -> Ints:
        """The items alone, repeats kept."""
        found: Ints = self.items[self.items != NO_ITEM]
        return found


@dataclass(frozen=True, slots=True)
class Past:
    """All that is known of a user at a moment: the events, and the taste that they show.

    `places`, int64 [events], are those of the trail's events in the timeline.
    """

    trail: Trail
    taste: Taste
    places: Ints


class PastReader:
    """Reads timelines by the places of an index."""

    def __init__(self, domain: Domain, scale: float, places: Mapping[str, int], tastes: TasteReader) -> None:
        """`scale` is the top of the ratings."""
        self._domain = domain
        self._scale = scale
        self._places = places
        self._tastes = tastes
        self._kinds = {name: number for number, name in enumerate(domain.events, 1)}

    @property
    def signals(self) -> int:
        """How many signals there are: three polarities of each event type of the domain, and of all others together."""
        return 3 * (len(self._kinds) + 1)

    @property
    def weights(self) -> NDArray[np.float32]:
        """How much an event with each signal counts by its type, float32 [signals]."""
        kinds = [self._domain.kind("").weight, *(kind.weight for kind in self._domain.events.values())]
        return np.repeat(np.array(kinds, np.float32), 3)

    def read(self, timeline: Timeline) -> Past:
        """The past of a user whose events these are."""
        taste = self._tastes.read(timeline)
        written = {place: taste.parts[part] for part, place in enumerate(taste.places)}
        places = [place for place, event in enumerate(timeline.events) if self._reads(event, place in written)]
        return Past(self.trail(timeline, written), taste, np.array(places, np.int64))

    def trail(self, timeline: Timeline, written: Mapping[int, Vectors] | None = None) -> Trail:
        """The events on items of the index, and those without an item for which `written` has a vector by place."""
        written = written or {}
        rows: list[tuple[int, float, int]] = []
        texts: dict[int, Vectors] = {}
        for place, event in enumerate(timeline.events):
            if not self._reads(event, place in written):
                continue
            item = self._places.get(event.item_id, NO_ITEM)
            if item == NO_ITEM:
                texts[len(rows)] = written[place]
            signal = 3 * self._kinds.get(event.type, 0) + 1 + polarity(event, self._domain, self._scale)
            rows.append((item, event.timestamp, signal))
        table = np.array(rows, float).reshape(-1, 3)
        return Trail(table[:, 0].astype(np.int64), table[:, 1].copy(), table[:, 2].astype(np.int64), texts)

    def _reads(self, event: Event, written: bool) -> bool:
        return event.item_id in self._places or (not event.item_id and written)


def flat(trails: Iterable[Trail]) -> tuple[Ints, Ints]:
    """The users, counted from 0, and the items of all events on items, int64 [events] each."""
    items = [trail.known for trail in trails]
    users = np.repeat(np.arange(len(items)), [len(part) for part in items])
    return users, np.concatenate([np.zeros(0, np.int64), *items])


def who_had_what(users: Ints, items: Ints, user_count: int, item_count: int) -> csr_array:
    """The binary user × item matrix X, float64 [users, items]."""
    found = csr_array((np.ones(len(items)), (users, items)), shape=(user_count, item_count))
    found.data[:] = 1.0  # a repeat was summed
    return found


def decayed(histories: Sequence[Ints], item_count: int, decays: Sequence[float], reach: int | None = None) -> csr_array:
    """History weights q, float64 [histories * decays, items]: the j-th last item counts decay^(j-1).

    `histories` are items, oldest first; only the last `reach` of each count. The rows of one history stand together,
    one a decay.
    """
    parts = [history[-reach:] if reach else history for history in histories]
    powers = [decay ** np.arange(max(map(len, parts), default=0))[::-1].astype(float) for decay in decays]
    data = [power[len(power) - len(part) :] for part in parts for power in powers]
    lengths = np.repeat([len(part) for part in parts], len(decays))
    columns = np.concatenate([np.zeros(0, np.int64), *(part for part in parts for _ in decays)])
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return csr_array((np.concatenate([np.zeros(0), *data]), columns, starts), (len(lengths), item_count))
