"""What a user is into now, what rises and fades, when it turned, and what is likely next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from agent.knowledge import Knowledge
from agent.results import Interests, Printable
from agent.tracking import Tracking, last_events
from history.moment import now
from history.records import CORRECTION, Event
from history.timeline import Timeline
from interests.corrections import Correction, Kind, UnknownTopic, read_corrections, topics_obeyed, written
from interests.shifts import Shift, find_shifts
from interests.topics import TopicShare
from interests.tracker import Interests as Memories
from interests.tracker import see_all, trace
from retrieval.trail import Trail
from workspace.errors import UsageError

LEADING, BRIEF, MOVED, SHOWN = 5, 3, 3, 4  # topics told of a forecast, and in brief; topics and events of a change
LEAST = 0.01  # a change of a smaller share is not told
LARGE, RISEN, SELDOM, LATEST = 0.1, 0.05, 3, 50  # of a summary: shares, times as seldom as others, events


@dataclass(frozen=True, slots=True)
class ShiftView:
    """Interests turned at `begun`, a date, or a number of events where only the order is known.

    `rose` and `fell` are shares won and lost; `items` the titles of the events that show it.
    """

    begun: str
    noticed: str
    rose: tuple[TopicShare, ...]
    fell: tuple[TopicShare, ...]
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NextItem:
    """An item that is likely next, and its P(next)."""

    item_id: str
    title: str
    probability: float


@dataclass(frozen=True, slots=True)
class InterestView(Printable):
    """A user's interests; shares and probabilities in [0, 1].

    `confidence` says how much of `now` comes from the user's own events rather than from everyone's. `rising` and
    `fading` compare it with all that the user ever did. `next` is P(topic of the next event); `within`, by a number of
    events, P(a topic is met among so many). `said` is what the user said of topics: it holds over all of these.
    `summary` is all that in two or three sentences; `sequence` is what the language model writes as next, in order.
    """

    user_id: str
    events: int
    confidence: float
    now: tuple[TopicShare, ...]
    rising: tuple[TopicShare, ...]
    fading: tuple[TopicShare, ...]
    shifts: tuple[ShiftView, ...]
    next: tuple[TopicShare, ...]
    within: dict[int, tuple[TopicShare, ...]]
    next_items: tuple[NextItem, ...]
    said: dict[str, Kind]
    summary: str
    sequence: tuple[NextItem, ...] = ()


@dataclass(frozen=True)
class Course:
    """The whole way: `times`, float64 [events], and the shares after each event, float64 [events, topics].

    `forecast`, float64 [topics], is P(topic of the next event); `titles` are the events' items.
    """

    times: NDArray[np.float64]
    shares: NDArray[np.float64]
    forecast: NDArray[np.float64]
    titles: tuple[str, ...]
    names: tuple[str, ...]
    shifts: tuple[Shift, ...]
    order_only: bool


def briefs(
    know: Knowledge, timelines: Sequence[Timeline], trails: Sequence[Trail], log_p: Sequence[NDArray[np.float64]]
) -> list[Interests]:
    """What lists say beside them: the topics that lead now, when they last turned, and those that are likely next.

    Of each user's last events, as many as habits are fitted on, all users at once: a list must not wait for a long
    history. `log_p`, float64 [items] each, is log P(next item). Of one without events it tells nothing that leads.
    """
    if not know.topics.names:
        return [Interests((), None, ()) for _ in timelines]
    latest = [last_events(trail) for trail in trails]
    log = know.topic_reader.log(latest)
    memories = know.tracking.empty(len(latest))
    see_all(memories, log)
    turned = {shift.user: shift.begun for shift in find_shifts(log.users, log.mass, know.tracking.everyone)}
    ends = np.cumsum([len(trail) for trail in latest])
    found = []
    for user, (timeline, trail, row) in enumerate(zip(timelines, trails, log_p, strict=True)):
        now = _now(know, memories, user, timeline)
        leading = _leading(know, now, BRIEF) if len(trail) else ()
        begun = len(trail) + turned[user] - int(ends[user]) if user in turned else None
        since = None if begun is None else _moment(trail.times, begun, know.store.order_only())
        found.append(Interests(leading, since, _leading(know, _forecast(know, now, row), BRIEF)))
    return found


def interests_of(know: Knowledge, timeline: Timeline, k: int = 5) -> tuple[InterestView, Course]:
    """The interests of a user, or of a visitor whose events these are, with the `k` likeliest items; and their course.

    Raises:
        UsageError: the catalogue has no topics.
    """
    if not know.topics.names:
        raise UsageError(
            "no item has a category, so there are no topics to follow; import items with categories, or set topics to "
            "clusters, and fit again"
        )
    past = know.past(timeline)
    log = know.topic_reader.log([past.trail])
    memories = know.tracking.empty(1)
    before = trace(memories, log).astype(np.float64)
    here = np.zeros(1, np.int64)
    now = _now(know, memories, 0, timeline)
    allowed = know.allowed(timeline, None)
    log_p = know.log_p(past, timeline, allowed) if allowed.any() else np.full(len(allowed), -np.inf)
    forecast = _forecast(know, now, log_p) if allowed.any() else now
    titles = tuple(_title(know, item) for item in past.trail.items.tolist())
    shifts = tuple(find_shifts(log.users, log.mass, know.tracking.everyone))
    shares = np.concatenate([before[1:], now[None]]) if len(before) else before
    course = Course(past.trail.times, shares, forecast, titles, know.topics.names, shifts, know.store.order_only())
    change = now - _usual(log.mass, know.tracking)
    view = InterestView(
        user_id=timeline.user_id,
        events=len(past.trail),
        confidence=float(memories.confidence(here)[0]),
        now=_leading(know, now, LEADING),
        rising=_moved(know, change),
        fading=_moved(know, -change),
        shifts=tuple(_shift(know, course, shift, log.mass) for shift in shifts),
        next=_leading(know, forecast, LEADING),
        within={count: _leading(know, 1 - (1 - forecast) ** count, LEADING) for count in (5, 10)},
        next_items=_next_items(know, log_p, k) if allowed.any() else (),
        said=know.said(timeline),
        summary="",
    )
    usual = know.tracking.everyone
    return replace(view, summary=_summary(know, view, now, usual, past.trail)), course


def moment(course: Course, place: int) -> str:
    """The date of an event, or its number where only the order is known."""
    return _moment(course.times, place, course.order_only)


def _moment(times: NDArray[np.float64], place: int, order_only: bool) -> str:
    return f"event {place + 1}" if order_only else datetime.fromtimestamp(times[place], UTC).date().isoformat()


def _now(know: Knowledge, memories: Memories, user: int, timeline: Timeline) -> NDArray[np.float64]:
    """P(topic) as a user's memories stand, what the user said held over it, float64 [topics]."""
    found = memories.forecast(np.array([user]))[0].astype(np.float64)
    return topics_obeyed(found, know.topics, know.said(timeline))


def _forecast(know: Knowledge, now: NDArray[np.float64], log_p: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(topic of the next event), float64 [topics], from what holds now and log P(next item), float64 [items]."""
    (found,) = know.tracking.forecast(now[None], know.topic_reader.sums(log_p[None]))
    return np.asarray(found)


def say(know: Knowledge, user_id: str, text: str) -> list[Correction]:
    """Keep what a user says of their own interests, in plain words; the very next list obeys it.

    Raises:
        UnknownName: no such user.
        UsageError: the text names no known topic.
    """
    store = know.store
    timeline = store.timeline(user_id)
    found = read_said(know, text)
    store.add(events=as_events(timeline.user_id, found, now(store)))
    return found


def read_said(know: Knowledge, text: str) -> list[Correction]:
    """What somebody says of their own interests, in plain words.

    Raises:
        UsageError: the text names no known topic.
    """
    try:
        return read_corrections(text, know.topics.names)
    except UnknownTopic as error:
        nearest = ", ".join(error.nearest) or "none: no item has a category"
        raise UsageError(
            f"{error.words!r} names no topic, or does not say what of it; the nearest are {nearest}; say for instance "
            "'no horror, more comedy, less drama, take back war'"
        ) from error


def as_events(user_id: str, said: Sequence[Correction], moment: float) -> list[Event]:
    """What was said, as it is kept."""
    return [Event(user_id, "", moment, CORRECTION, text=written(one)) for one in said]


def _summary(
    know: Knowledge, view: InterestView, now: NDArray[np.float64], everyone: NDArray[np.float64], trail: Trail
) -> str:
    """The view in words: what holds `LARGE` of the interest, what moved, and what others like far more."""
    mostly = [one.topic for one in view.now if one.share >= LARGE][:MOVED] or [one.topic for one in view.now[:1]]
    seldom = (everyone >= LARGE) & (now < everyone / SELDOM)
    little = [one.topic for one in know.topics.leading(np.where(seldom, everyone, 0.0), MOVED)]
    facts = {
        "mostly": mostly if view.events else [],
        "decade": _decade(know, trail),
        "rising": [one.topic for one in view.rising if one.share >= RISEN],
        "fading": [one.topic for one in view.fading if one.share >= RISEN],
        "little": little,
        "next": [one.topic for one in view.next[:1]],
    }
    return know.resources.phrases.say("interests", "summary", **facts)


def _decade(know: Knowledge, trail: Trail) -> int | None:
    """The decade that most of the latest items are from, if there is one."""
    items = [know.catalogue[know.index.item_ids[place]] for place in trail.known[-LATEST:].tolist()]
    decades = Counter(item.year // 10 * 10 for item in items if item.year is not None)
    decade, count = decades.most_common(1)[0] if decades else (0, 0)
    return decade if 2 * count > len(items) else None


def _usual(mass: NDArray[np.float32], tracking: Tracking) -> NDArray[np.float64]:
    """The shares of all that a user ever did, everyone's taste behind it as in the forecast, float64 [topics]."""
    total = mass.sum(axis=0, dtype=np.float64) + tracking.habits.prior * tracking.everyone
    found: NDArray[np.float64] = total / total.sum()
    return found


def _leading(know: Knowledge, shares: NDArray[np.float64], count: int) -> tuple[TopicShare, ...]:
    return tuple(know.topics.leading(shares, count))


def _moved(know: Knowledge, change: NDArray[np.floating]) -> tuple[TopicShare, ...]:
    return tuple(one for one in know.topics.leading(np.maximum(change, 0.0), MOVED) if one.share >= LEAST)


def _shift(know: Knowledge, course: Course, shift: Shift, mass: NDArray[np.float32]) -> ShiftView:
    rose = _moved(know, shift.change)
    risen = [know.topics.names.index(one.topic) for one in rose]
    places = range(shift.begun, shift.noticed + 1)
    showing = [course.titles[place] for place in places if mass[place, risen].any()]
    begun, noticed = moment(course, shift.begun), moment(course, shift.noticed)
    return ShiftView(begun, noticed, rose, _moved(know, -shift.change), tuple(showing[:SHOWN]))


def _next_items(know: Knowledge, log_p: NDArray[np.float64], k: int) -> tuple[NextItem, ...]:
    ids = know.index.item_ids
    places: Sequence[int] = know.retriever.top(log_p, k).tolist()
    return tuple(
        NextItem(ids[place], know.catalogue[ids[place]].title, float(np.exp(log_p[place]))) for place in places
    )


def _title(know: Knowledge, place: int) -> str:
    return know.catalogue[know.index.item_ids[place]].title if place >= 0 else ""
