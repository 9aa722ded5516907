"""Items that many met lately: what can be shown when nothing else can be worked out."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import UTC, datetime

from agent.knowledge import Knowledge
from agent.results import Interests, Rationale, Recommendation, Recommended
from history.records import Item

LATEST = 10_000  # events that are looked at
ENGINE = "recent and popular"


@dataclass(frozen=True)
class Popular:
    """Items that may be recommended, those met most often first, with the times that each was met; held in memory."""

    items: tuple[tuple[Item, int], ...]
    reason: Rationale

    @classmethod
    def of(cls, know: Knowledge) -> Popular:
        """What is popular now; equally often met ones in the order of the catalogue."""
        met = know.store.lately_met(LATEST)
        allowed = [item for item in know.catalogue.values() if item.available or not know.domain.only_available]
        ordered = sorted(allowed, key=lambda item: -met.get(item.item_id, 0))
        reason = Rationale(know.resources.phrases.say("rationale", "lately"), (), (), True)
        return cls(tuple((item, met.get(item.item_id, 0)) for item in ordered), reason)

    def recommendation(
        self, user_id: str, k: int, where: Callable[[Item], bool] | None = None, had: Container[str] = ()
    ) -> Recommendation:
        """A list for anybody but for what they `had`; a probability is the share of an item in what was met lately."""
        total = sum(count + 1 for _, count in self.items)
        fitting = (
            (item, count) for item, count in self.items if item.item_id not in had and (not where or where(item))
        )
        items = []
        for rank, (item, count) in zip(range(1, k + 1), fitting, strict=False):
            share = (count + 1) / total
            items.append(Recommended(item.item_id, item.title, rank, math.log(share), share, rank, self.reason))
        moment = datetime.now(UTC).isoformat(timespec="seconds")
        told = Interests((), None, ())
        return Recommendation(uuid.uuid4().hex, user_id, moment, ENGINE, None, True, tuple(items), told)
