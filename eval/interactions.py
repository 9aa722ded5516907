"""The store's events as arrays: what protocols cut and peers fit on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from history.catalogue import Catalogue
from history.store import Store
from history.timeline import Timeline
from retrieval.trail import who_had_what

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Interactions:
    """Events on items of a catalogue, ordered by user, then as they happened.

    Event e: user `user_ids[users[e]]` met the item at place `items[e]` of the `catalogue` at time `times[e]`, and it is
    event number `places[e]` of that user's whole timeline, so that `store.timeline(user).before(places[e])` is all that
    came before it. `left_out` counts what is not among the events, by reason.
    """

    catalogue: Catalogue
    user_ids: tuple[str, ...]
    users: Ints
    items: Ints
    times: Floats
    places: Ints
    order_only: bool = False
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def item_ids(self) -> tuple[str, ...]:
        """The item at each place."""
        return tuple(self.catalogue)

    @cached_property
    def counts(self) -> Floats:
        """How many events each item has, float64 [items]; without repeats the column sums of `matrix`."""
        return np.bincount(self.items, minlength=len(self.catalogue)).astype(float)

    @cached_property
    def matrix(self) -> csr_array:
        """The binary user × item matrix X, float64 [users, items]."""
        return who_had_what(self.users, self.items, len(self.user_ids), len(self.catalogue))

    @cached_property
    def keys(self) -> Ints:
        """One number an event, from its user and its place in the timeline: equal for the same event alone."""
        return self.users << 32 | self.places

    def take(self, kept: Mask) -> Interactions:
        """The events for which `kept`, bool [events], holds; users and catalogue stay."""
        arrays = {name: getattr(self, name)[kept] for name in ("users", "items", "times", "places")}
        return replace(self, **arrays)

    def without_repeats(self) -> Interactions:
        """Each user's first event on each item."""
        _, first = np.unique(self.users * len(self.catalogue) + self.items, return_index=True)
        kept = np.zeros(len(self), bool)
        kept[first] = True
        repeats = len(self) - len(first)
        return replace(self.take(kept), left_out={**self.left_out, "repeats": repeats} if repeats else self.left_out)


def read_interactions(store: Store) -> Interactions:
    """All events of the store on items of its catalogue."""
    return from_timelines(store.timelines(), store.catalogue(), store.order_only())


def from_timelines(timelines: Iterable[Timeline], catalogue: Catalogue, order_only: bool = False) -> Interactions:
    """The events of `timelines` on items of `catalogue`; those on other items are counted in `left_out` by name."""
    place_of = {item_id: place for place, item_id in enumerate(catalogue)}
    rows: dict[str, list[tuple[int, float, int]]] = {}
    unknown: Counter[str] = Counter()
    for timeline in timelines:
        rows[timeline.user_id] = []
        for number, event in enumerate(timeline.events):
            item = place_of.get(event.item_id)
            if item is not None:
                rows[timeline.user_id].append((item, event.timestamp, number))
            elif event.item_id:
                unknown[event.item_id] += 1
    user_ids = tuple(sorted(rows))  # a database's own order depends on its collation
    users = np.repeat(np.arange(len(user_ids)), [len(rows[user_id]) for user_id in user_ids])
    table = np.array([row for user_id in user_ids for row in rows[user_id]], float).reshape(-1, 3)
    items, places = table[:, 0].astype(np.int64), table[:, 2].astype(np.int64)
    left_out = {f"not in the catalogue: item {item_id!r}": count for item_id, count in sorted(unknown.items())}
    return Interactions(catalogue, user_ids, users, items, table[:, 1].copy(), places, order_only, left_out)


def k_core(interactions: Interactions, k: int) -> Interactions:
    """The largest part in which every user and every item has at least `k` events; the catalogue shrinks with it."""
    kept = np.ones(len(interactions), bool)
    while True:
        found = interactions.take(kept)
        of_user = np.bincount(found.users, minlength=len(found.user_ids))[interactions.users]
        of_item = found.counts[interactions.items]
        smaller = kept & (of_user >= k) & (of_item >= k)
        if smaller.sum() == kept.sum():
            break
        kept = smaller
    stay = found.counts > 0
    catalogue = Catalogue(
        found.catalogue[item_id] for item_id, stays in zip(found.item_ids, stay, strict=True) if stays
    )
    place_of = np.cumsum(stay) - 1
    left_out = {**found.left_out, f"outside the {k}-core": len(interactions) - len(found)}
    return replace(found, catalogue=catalogue, items=place_of[found.items], left_out=left_out)
