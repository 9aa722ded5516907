"""Leave-one-out: each user's last event is the test target, the one before it the validation target."""

from __future__ import annotations

import numpy as np

from eval.interactions import Interactions
from eval.protocols.split import Split, Stage, cases_at

NAME = "leave-one-out"
LEAST = 3  # events of a user that gives targets: one to know him by, two to predict


def leave_one_out(interactions: Interactions, seed: int = 0) -> Split:
    """Split by each user's own order.

    Every event counts as implicit; repeats are dropped, the first kept. The last event of each user with at least 3 is
    the test target, the second last the validation target; everything before a target may be fitted on: settings are
    chosen on validation, then all is fitted on training and validation together. The ranking is full: all items of the
    catalogue but the history. Events on items outside the catalogue are no targets; they are counted in `left_out`.

    There is no cut in time, so events of others after a user's test moment are fitted on: it flatters every system.
    `seed` changes nothing.
    """
    events = interactions.without_repeats()
    lengths = np.bincount(events.users, minlength=len(events.user_ids))
    ends = np.cumsum(lengths)[lengths >= LEAST]
    is_test, is_validation = np.zeros(len(events), bool), np.zeros(len(events), bool)
    is_test[ends - 1] = True
    is_validation[ends - 2] = True
    return Split(
        protocol=NAME,
        validation=Stage(events.take(~is_test & ~is_validation), cases_at(events, ends - 2)),
        test=Stage(events.take(~is_test), cases_at(events, ends - 1)),
    )
