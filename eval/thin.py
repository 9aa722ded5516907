"""Where data are thin: rare items, new ones, and users of whom little is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.answers import HEADLINE, Answers
from eval.interactions import Mask
from eval.intervals import Interval, bootstrap, user_means
from eval.protocols.split import Split

BASE, LOGLOSS = "retrieval", "logloss"
METRICS = (HEADLINE, "recall@50", LOGLOSS)
FEW = 5  # events


@dataclass(frozen=True, slots=True)
class Gain:
    """By how much a `system` is better in a `metric` than the retrieval, paired by user, on some targets.

    `part` says on which, `base` is the retrieval's mean over their users. Of `logloss` less is better: what is gained
    is how much lower it is, in nats.
    """

    part: str
    targets: int
    system: str
    metric: str
    base: float
    difference: Interval


def parts(split: Split) -> dict[str, Mask]:
    """Which targets are thin in which way, bool [targets] each; a way that none is gets left out."""
    cases = split.test.cases
    events = split.test.events.counts[[case.target for case in cases]]
    known = np.array([len(case.history) for case in cases])
    found = {
        "all": np.ones(len(cases), bool),
        f"items of fewer than {FEW} events": events < FEW,
        "items of no event": events == 0,
        f"users of at most {FEW} events": known <= FEW,
    }
    return {label: kept for label, kept in found.items() if kept.any()}


def gains(split: Split, answers: Mapping[str, Answers], seed: int = 0) -> list[Gain]:
    """What every other system gains over the retrieval, part by part, in each of `METRICS` that both have."""
    if BASE not in answers:
        return []
    users = np.array([case.user for case in split.test.cases])
    own = answers[BASE].metrics
    found = []
    for label, kept in parts(split).items():
        for name in [other for other in answers if other != BASE]:
            others = answers[name].metrics
            for metric in [known for known in METRICS if known in own and known in others]:
                _, base = user_means(users[kept], own[metric][kept])
                _, figure = user_means(users[kept], others[metric][kept])
                better = base - figure if metric == LOGLOSS else figure - base
                found.append(Gain(label, int(kept.sum()), name, metric, float(base.mean()), bootstrap(better, seed)))
    return found
