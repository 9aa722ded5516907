"""How much each past event moves a recommendation: the score with the event, minus the score without it.

The score is the one that ranks: the retriever's log P(next) with the language model's say. A cheap proxy, what the
retriever's parts credit each event with, picks a few events for every item; only these are left out, one at a time and
with all others on the same item, all in one batch.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.knowledge import Knowledge
from agent.scorer import Question
from history.timeline import Timeline

LATEST = 300  # events that are looked at
SHORT = 5  # events that are left out for each item
BESIDE = 10  # items, the likeliest ones, beside which the language model's say of an item counts
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
    together = same_item(latest)
    gone = [[], *(together[place] for place in places.tolist()), list(range(len(latest)))]
    unread = range(_first_read(know, timeline, llm) - first)  # nor may an event less move one into the prompt
    histories = [without(latest, one) for one in gone]
    scores = fused_scores(know, histories, allowed, items, llm, [without(latest, [*unread, *one]) for one in gone])
    gained = np.where(looked_at[places], scores[0] - scores[1:-1], np.nan)
    return Influence(places + first, gained, scores[0] - scores[-1])


def shortlists(know: Knowledge, timeline: Timeline, items: Ints, short: int) -> NDArray[np.bool_]:
    """Which events have the most credit for each item, bool [events, items]: only such as speak for their own.

    The last event on an item stands for all on it, and only where it still speaks for it.
    """
    past = know.past(timeline)
    credit, speaks = np.zeros((len(timeline), len(items))), np.zeros(len(timeline), bool)
    credit[past.places] = know.retriever.credit(past, items)
    speaks[np.array(past.taste.places, np.int64)] = True
    last = np.array([places[-1] for places in same_item(timeline)], np.int64)
    summed = np.zeros(credit.shape)
    np.add.at(summed, last, np.where(speaks[:, None], credit, 0.0))
    summed[~speaks | (last != np.arange(len(timeline)))] = -np.inf
    order = np.argsort(-summed, axis=0, kind="stable")[:short]
    found = np.zeros(credit.shape, bool)
    np.put_along_axis(found, order, True, axis=0)
    found &= np.isfinite(summed)
    return found


def same_item(timeline: Timeline) -> list[list[int]]:
    """For each event the places of all events on its item; its own alone where it is on none."""
    found = defaultdict[str | int, list[int]](list)
    for place, event in enumerate(timeline.events):
        found[event.item_id or place].append(place)
    return [found[event.item_id or place] for place, event in enumerate(timeline.events)]


def _first_read(know: Knowledge, timeline: Timeline, llm: bool) -> int:
    """The place of the first event that the language model reads; 0 where it has no say."""
    if not llm or not (know.tuned or know.language_weight.weight):
        return 0
    return know.chooser.window_start(timeline)


def without(timeline: Timeline, places: Sequence[int]) -> Timeline:
    """The timeline as if the events at these places had not been."""
    gone = set(places)
    return replace(timeline, events=tuple(event for place, event in enumerate(timeline.events) if place not in gone))


def fused_scores(
    know: Knowledge,
    timelines: Sequence[Timeline],
    allowed: NDArray[np.bool_],
    items: Ints,
    llm: bool,
    read: Sequence[Timeline] | None = None,
) -> Floats:
    """The score of `items`, places in the index, after each history, float64 [timelines, items], in nats.

    It is what ranks, above the mean of all that is `allowed`, bool [items of the index], after each of them: what lifts
    everything alike, or one other item, is no reason for this one. What the language model says of candidates counts
    above its mean over these and the best others. `read` are the histories as it reads them, where that differs.
    """
    read = timelines if read is None else read
    pasts = [know.past(timeline) for timeline in timelines]
    log_p = know.retriever.log_probabilities(pasts, np.broadcast_to(allowed, (len(pasts), len(allowed))))
    log_p = np.stack([know.obeyed(row, timeline) for row, timeline in zip(log_p, timelines, strict=True)])
    if llm and know.tuned:
        log_p = know.tuned.log_p(read, log_p)
    found: Floats = log_p[:, items] - np.nanmean(np.where(np.isfinite(log_p), log_p, np.nan), axis=1, keepdims=True)
    weight = know.weight.weight if llm else 0.0
    if weight:
        asked = np.union1d(items, know.retriever.top(log_p[0], BESIDE))
        values = _values(know, read, asked)
        found = found + weight * (values[:, np.searchsorted(asked, items)] - values.mean(axis=1, keepdims=True))
    return found


def _values(know: Knowledge, timelines: Sequence[Timeline], items: Ints) -> Floats:
    """What the language model says of these items after each history, float64 [timelines, items]."""
    names = [know.index.item_ids[place] for place in items.tolist()]
    asked = [(timeline, [Question(len(timeline), names)]) for timeline in timelines]
    return np.stack([values for (values,), _ in know.chooser.all_values(asked)])
