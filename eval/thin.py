"""Where data are thin: rare items, new ones, and users of whom little is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from eval.answers import HEADLINE, Answers
from eval.interactions import Mask
from eval.intervals import Interval, bootstrap, user_means
from eval.protocols.split import Split

BASE = "retrieval"
FEW = 5  # events


@dataclass(frozen=True, slots=True)
class Gain:
    """By how much a `system` differs in the headline figure from the retrieval, paired by user, on some targets.

    `part` says on which, `base` is the retrieval's mean over their users.
    """

    part: str
    targets: int
    system: str
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
    """What every other system gains over the retrieval, part by part; nothing where one has no headline figure."""
    known = {name: one.metrics[HEADLINE] for name, one in answers.items() if HEADLINE in one.metrics}
    if BASE not in known:
        return []
    users = np.array([case.user for case in split.test.cases])
    found = []
    for label, kept in parts(split).items():
        _, base = user_means(users[kept], known[BASE][kept])
        for name in [other for other in known if other != BASE]:
            _, figure = user_means(users[kept], known[name][kept])
            found.append(Gain(label, int(kept.sum()), name, float(base.mean()), bootstrap(figure - base, seed)))
    return found
