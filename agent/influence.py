"""How much each past event moves a recommendation: the score with the event, minus the score without it.

The score is the one that ranks: the retriever's log P(next) with the language model's say. A cheap proxy, what the
retriever's parts credit each event with, picks a few events for every item; only these are left out, one at a time, all
in one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.knowledge import Knowledge
from agent.scorer import Question
from history.timeline import Timeline

LATEST = 300  # events that are looked at: no part of the score reads more
SHORT = 5  # events that are left out for each item
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Influence:
    """What events do for items.

    `places`, int64 [events], are those of the events in the timeline, oldest first; `gained`, float64 [events, items],
    is what the score gains by each event in nats, NaN where it was not worth looking; `lift`, float64 [items], what it
    gains by the whole history.
    """

    places: Ints
    gained: Floats
    lift: Floats


def influence(know: Knowledge, timeline: Timeline, items: Ints, llm: bool, short: int = SHORT) -> Influence:
    """What the events of a timeline that speak for their items do for the `items` at these places of the index.

    Of each item only the `short` events with the most credit are looked at.
    """
    first = max(0, len(timeline) - LATEST)
    latest = replace(timeline, events=timeline.events[first:])
    allowed = know.allowed(timeline, None)
    allowed[items] = True
    looked_at = shortlists(know, latest, items, short)
    places = np.flatnonzero(looked_at.any(axis=1))
    histories = [latest, *(without(latest, [place]) for place in places.tolist()), replace(latest, events=())]
    scores = fused_scores(know, histories, allowed, items, llm)
    gained = np.where(looked_at[places], scores[0] - scores[1:-1], np.nan)
    return Influence(places + first, gained, scores[0] - scores[-1])


def shortlists(know: Knowledge, timeline: Timeline, items: Ints, short: int) -> NDArray[np.bool_]:
    """Which events have the most credit for each item, bool [events, items]: only such as speak for their own."""
    past = know.past(timeline)
    credit = np.full((len(timeline), len(items)), -np.inf)
    credit[past.places] = know.retriever.credit(past, items)
    silent = np.setdiff1d(np.arange(len(timeline)), np.array(past.taste.places, np.int64))
    credit[silent] = -np.inf
    order = np.argsort(-credit, axis=0, kind="stable")[:short]
    found = np.zeros(credit.shape, bool)
    np.put_along_axis(found, order, True, axis=0)
    found &= np.isfinite(credit)
    return found


def without(timeline: Timeline, places: Sequence[int]) -> Timeline:
    """The timeline as if the events at these places had not been."""
    gone = set(places)
    return replace(timeline, events=tuple(event for place, event in enumerate(timeline.events) if place not in gone))


def fused_scores(
    know: Knowledge, timelines: Sequence[Timeline], allowed: NDArray[np.bool_], items: Ints, llm: bool
) -> Floats:
    """The score of `items`, places in the index, after each history, float64 [timelines, items], in nats.

    It is what ranks, above the mean of all that is `allowed`, bool [items of the index], after each of them: what lifts
    everything alike, or one other item, is no reason for this one.
    """
    pasts = [know.past(timeline) for timeline in timelines]
    log_p = know.retriever.log_probabilities(pasts, np.broadcast_to(allowed, (len(pasts), len(allowed))))
    log_p = np.stack([know.obeyed(row, timeline) for row, timeline in zip(log_p, timelines, strict=True)])
    if llm and know.tuned:
        log_p = know.tuned.log_p(timelines, log_p)
    found: Floats = log_p[:, items] - np.nanmean(np.where(np.isfinite(log_p), log_p, np.nan), axis=1, keepdims=True)
    weight = (know.tuned.branches if know.tuned else know.language_weight).weight if llm else 0.0
    if weight:
        names = [know.index.item_ids[place] for place in items.tolist()]
        scorer = know.tuned.chooser if know.tuned else know.scorer
        asked = [(timeline, [Question(len(timeline), names)]) for timeline in timelines]
        found = found + weight * np.stack([values for (values,), _ in scorer.all_values(asked)])
    return found
