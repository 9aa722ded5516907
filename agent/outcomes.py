"""What came of the lists that were shown: which events name them, and how each rank fared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.results import Printable
from history.kept import KeptList
from history.store import Store
from workspace.errors import UnknownName


@dataclass(frozen=True, slots=True)
class ShownItem:
    """An item of a list, and its place in it."""

    item_id: str
    rank: int


@dataclass(frozen=True, slots=True)
class Met:
    """A later event that names the list; `rank` is its item's place there, None where it was not in it."""

    item_id: str
    type: str
    timestamp: float
    rank: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A list that was shown, and what came of it."""

    recommendation_id: str
    user_id: str
    generated_at: str
    shown: tuple[ShownItem, ...]
    events: tuple[Met, ...]


@dataclass(frozen=True, slots=True)
class RankOutcome:
    """Of one rank: in how many of the lists it was `shown`, and in how many its item was `met` afterwards."""

    rank: int
    shown: int
    met: int


@dataclass(frozen=True, slots=True)
class Outcomes(Printable):
    """The lists, newest first, and their ranks."""

    lists: tuple[Outcome, ...]
    ranks: tuple[RankOutcome, ...]


def outcomes(
    store: Store, recommendation_id: str | None = None, user_id: str | None = None, count: int = 100
) -> Outcomes:
    """The outcome of one list, or of the latest `count` ones, of a user or of all.

    Raises:
        UnknownName: no list was shown under this id.
    """
    kept = store.lists([recommendation_id] if recommendation_id else [], user_id, count)
    if recommendation_id and not kept:
        raise UnknownName(f"no list was shown under the recommendation_id {recommendation_id!r}")
    lists = tuple(_outcome(one) for one in kept)
    return Outcomes(lists, _ranks(lists))


def _outcome(kept: KeptList) -> Outcome:
    shown = tuple(ShownItem(item["item_id"], item["rank"]) for item in json.loads(kept.shown)["items"])
    ranks = {one.item_id: one.rank for one in shown}
    met = tuple(Met(one.item_id, one.type, one.timestamp, ranks.get(one.item_id)) for one in kept.events)
    moment = datetime.fromtimestamp(kept.generated_at, UTC).isoformat(timespec="seconds")
    return Outcome(kept.recommendation_id, kept.user_id, moment, shown, met)


def _ranks(lists: Sequence[Outcome]) -> tuple[RankOutcome, ...]:
    shown = Counter(item.rank for one in lists for item in one.shown)
    met = Counter(rank for one in lists for rank in {event.rank for event in one.events if event.rank})
    return tuple(RankOutcome(rank, shown[rank], met[rank]) for rank in sorted(shown))
