"""Cold items: a tenth of the catalogue comes in only after the fit, and what users did with it is predicted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from eval.interactions import Interactions
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.split import Split, Stage, cases_at

NAME = "cold-items"
SHARE = 0.1
NOTE = (
    "cold-items predicts only events on items that no event was fitted on, among all items of the catalogue: compare "
    "it with no other protocol"
)


def cold_items(interactions: Interactions, seed: int = 0) -> Split:
    """Withhold a tenth of the items that have events, drawn by `seed`; add them after the fit.

    Each user's last event on one of them is the target, if anything came before it; what the user did from then on is
    left out. All other events on other items are fitted on, the last of each user being the validation target. The
    ranking is full: withheld items and all others, but the history. Repeats are dropped, the first kept.
    """
    events = interactions.without_repeats()
    present = np.flatnonzero(events.counts)
    added = np.sort(np.random.default_rng(seed).permutation(present)[: max(1, round(SHARE * len(present)))])
    cold = np.isin(events.items, added)
    rows = np.arange(len(events))
    last = np.full(len(events.user_ids), len(events))
    last[events.users[cold]] = rows[cold]  # rows of a user grow, so the last stays
    starts = np.searchsorted(events.users, np.arange(len(events.user_ids)))
    targets = last[(last < len(events)) & (last > starts)]
    warm = events.take(~cold & (rows < last[events.users]))
    rehearsal = leave_one_out(warm).test
    return Split(
        protocol=NAME,
        validation=rehearsal,
        test=Stage(replace(warm, left_out=events.left_out), cases_at(events, targets)),
        note=NOTE,
        added=added,
    )
