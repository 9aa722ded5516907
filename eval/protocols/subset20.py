"""Subset20: the truth among 20 candidates. Cheap, and comparable with nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eval.interactions import Interactions, Ints
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.split import Case, Split, Stage

NAME = "subset20"
CANDIDATES = 20
NOTE = (
    "subset20 ranks the truth among 20 candidates, 19 of them drawn evenly from items that the user never had: compare "
    "it with no full ranking and with no other sampling of candidates"
)


def subset20(interactions: Interactions, seed: int = 0) -> Split:
    """The targets of leave-one-out, each put among 19 items that its user never had, drawn evenly and shuffled by seed.

    Sampled metrics do not even keep the order of systems (Krichene & Rendle 2020), so they are reported apart, under
    this name. A random order has NDCG@10 .227. A catalogue too small for 19 others gives as many as there are.
    """
    split = leave_one_out(interactions, seed)
    return replace(
        split,
        protocol=NAME,
        validation=_with_candidates(split.validation, interactions, seed),
        test=_with_candidates(split.test, interactions, seed + 1),
        note=NOTE,
    )


def _with_candidates(stage: Stage, interactions: Interactions, seed: int) -> Stage:
    generator = np.random.default_rng(seed)
    starts = np.searchsorted(interactions.users, np.arange(len(interactions.user_ids) + 1))
    return replace(stage, cases=tuple(_drawn(stage.cases, interactions, starts, generator)))


def _drawn(
    cases: Sequence[Case], interactions: Interactions, starts: Ints, generator: np.random.Generator
) -> list[Case]:
    drawn = []
    for case in cases:
        never = np.ones(len(interactions.catalogue), bool)
        never[interactions.items[starts[case.user] : starts[case.user + 1]]] = False
        others = generator.permutation(np.flatnonzero(never))[: CANDIDATES - 1]
        drawn.append(replace(case, candidates=generator.permutation(np.append(others, case.target))))
    return drawn
