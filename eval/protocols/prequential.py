"""Prequential: one cut in time for all, then every event is predicted in turn."""

from __future__ import annotations

import numpy as np

from eval.interactions import Interactions, Ints, Mask
from eval.protocols.split import Split, Stage, cases_at
from workspace.errors import UsageError

NAME = "prequential"
CUTS = (0.8, 0.9)
LEAST = 5  # events before a target


def prequential(interactions: Interactions, seed: int = 0) -> Split:
    """Split by one global cut in time, with successive targets (Dawid 1984; Gama et al. 2013).

    The cut is the 90 % quantile of all events' times; validation lies between the 80 % quantile and the cut. Nothing at
    or after the cut is used in fitting. Every event from the cut on, by a user with at least 5 earlier events, is a
    target, and its history is all that user did before it, events after the cut included: time cannot leak. The
    ranking is full: all items of the catalogue but the history, so a repeat is no target. Events on items outside the
    catalogue are none either; both are counted in `left_out`. `seed` changes nothing.

    A result is the mean over users of each user's mean, and intervals resample users.

    Raises:
        UsageError: the data holds only an order, so there is no common time to cut at.
    """
    if interactions.order_only:
        raise UsageError(
            f"protocol {NAME!r} cuts at one time for all users, but these events hold only their order; "
            "use --protocol leave-one-out"
        )
    events = interactions.without_repeats()
    early, late = np.quantile(events.times, CUTS).tolist() if len(events) else (0.0, 0.0)
    before_early, before_late = events.times < early, events.times < late
    return Split(
        protocol=NAME,
        validation=Stage(events.take(before_early), cases_at(events, _targets(events, ~before_early & before_late))),
        test=Stage(events.take(before_late), cases_at(events, _targets(events, ~before_late))),
        cut=late,
    )


def _targets(events: Interactions, within: Mask) -> Ints:
    """The numbers of the events `within` that have at least 5 events of the same user before them."""
    earlier = np.arange(len(events)) - np.searchsorted(events.users, events.users)
    return np.flatnonzero(within & (earlier >= LEAST))
