"""What a recommendation consists of."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, cast

from interests.topics import TopicShare


class Printable:
    """A dataclass that `--json` prints."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The object."""
        return asdict(cast("Any", self))

    def to_json(self) -> str:
        """The same as one line of JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A past event that speaks for a recommended item.

    `influence` is what the item's score would lose without the event, in nats.
    """

    item_id: str
    title: str
    influence: float


@dataclass(frozen=True, slots=True)
class Rationale:
    """Why an item is recommended; `verified` when the evidence carries all that the text says."""

    text: str
    evidence: tuple[Evidence, ...]
    facets: tuple[str, ...]
    verified: bool


@dataclass(frozen=True, slots=True)
class Recommended:
    """One recommended item.

    `score` is the fused log-probability in nats, `probability` its exponential: P(next = item | history), misses
    included. `retrieval_rank` is its place, from 1, before the language model.
    """

    item_id: str
    title: str
    rank: int
    score: float
    probability: float
    retrieval_rank: int
    rationale: Rationale | None = None


@dataclass(frozen=True, slots=True)
class Interests:
    """The topics that lead now, and P(topic) of the next event; `shift` is when they last turned, None if never.

    A date, or the number of an event where only the order is known.
    """

    now: tuple[TopicShare, ...]
    shift: str | None
    next: tuple[TopicShare, ...]


@dataclass(frozen=True, slots=True)
class Recommendation(Printable):
    """A ranked list for one user; `degraded` when the language model had no part in it."""

    recommendation_id: str
    user_id: str
    generated_at: str
    engine: str
    adapter: str | None
    degraded: bool
    items: tuple[Recommended, ...]
    interests: Interests
