"""What a case's user did before its target, with everything that the store knows of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from eval.interactions import Interactions
from eval.protocols.split import Case
from history.store import Store
from history.timeline import Timeline

USERS = 64  # timelines kept; cases of one user follow one another


class CaseTimelines:
    """Rebuilds timelines from the store."""

    def __init__(self, store: Store, interactions: Interactions) -> None:
        """`interactions` say which users and which items there are."""
        self._user_ids = interactions.user_ids
        self._catalogue = interactions.catalogue
        self._timeline = lru_cache(USERS)(store.timeline)

    def before(self, case: Case) -> Timeline:
        """The user's events before the target; without those on items that the catalogue does not have."""
        timeline = self._timeline(self._user_ids[case.user]).before(case.place)
        known = tuple(event for event in timeline.events if not event.item_id or event.item_id in self._catalogue)
        return Timeline(timeline.user_id, known)


def fitted_timelines(store: Store, interactions: Interactions) -> Iterator[Timeline]:
    """The timelines of the users of `interactions`, each with those events alone."""
    ends = np.cumsum(np.bincount(interactions.users, minlength=len(interactions.user_ids)))
    places = dict(zip(interactions.user_ids, np.split(interactions.places, ends[:-1]), strict=True))
    for timeline in store.timelines():
        kept = places.get(timeline.user_id)
        if kept is not None and len(kept):
            yield Timeline(timeline.user_id, tuple(timeline.events[place] for place in kept))
