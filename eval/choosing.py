"""Settings are chosen on validation: each is fitted before it and asked to predict it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from eval.interactions import Floats
from eval.intervals import user_means
from eval.metrics import ndcg
from eval.protocols.split import Case, Split, Stage
from eval.ranking import rankable, target_ranks
from eval.systems import Scores, System
from workspace.progress import track

K = 10
BATCH = 256


class Scorer(Protocol):
    """Whatever answers cases."""

    def score(self, cases: Sequence[Case]) -> Scores:
        """Answer the cases, each by itself."""
        ...


def best(systems: Sequence[System], split: Split, name: str = "") -> System:
    """The system with the greatest `quality` on validation, the first of equals; it is not fitted on all yet."""
    rehearsal = split.rehearsal
    found = []
    for system in track(systems, f"{name}, choosing settings", len(systems)):
        system.fit(rehearsal)
        found.append(quality(system, rehearsal.test))
    return systems[int(np.argmax(found))]


def quality(system: Scorer, stage: Stage) -> float:
    """NDCG@10 of the stage's cases, the mean over users of each user's mean; 0 without cases."""
    if not stage.cases:
        return 0.0
    starts = range(0, len(stage.cases), BATCH)
    ranks = [_ranks(system, stage.cases[start : start + BATCH], stage) for start in starts]
    users = np.array([case.user for case in stage.cases])
    return float(user_means(users, ndcg(np.concatenate(ranks), K))[1].mean())


def _ranks(system: Scorer, cases: Sequence[Case], stage: Stage) -> Floats:
    values = system.score(cases).values
    if values is None:
        raise TypeError(f"{system!r} ranks no items, so NDCG cannot choose its settings")
    ranked = np.where(rankable(cases, values.shape[1]), values, -np.inf)
    return target_ranks(ranked, np.array([case.target for case in cases]), stage.events.counts)
