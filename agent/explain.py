"""Why an item is in a user's list; or why not, where it was lost, and the smallest change that brings it up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agent.evidence import grounds_for
from agent.influence import fused_scores
from agent.knowledge import Knowledge
from agent.recommender import Listing, Recommender
from agent.results import Printable, Rationale
from history.records import CORRECTION, Event, Item
from history.timeline import Timeline
from interests.corrections import Correction, Kind, UnknownTopic, read_corrections, written
from workspace.errors import UsageError

Lost = Literal["", "had", "unavailable", "said", "outscored", "capped"]
NEAR = 12  # items whose liking is tried
MOST = 3  # of them together
SAID: tuple[tuple[Kind, str], ...] = (("more", "more {}"), ("pin", "always {}"))


@dataclass(frozen=True, slots=True)
class Rival:
    """The last item of the list, and by how many nats its score is above that of the one asked about."""

    item_id: str
    title: str
    ahead: float


@dataclass(frozen=True, slots=True)
class Explanation(Printable):
    """Why an item is among the first `k` for a user, or why not.

    `rank` is its place in the list, None outside. `lost` says where it was lost: the user `had` it, it is
    `unavailable`, the user `said` so of its topics, it was `outscored` by all that is listed, or held back because one
    category may not fill the list (`capped`). `scored` and `retrieved` are its places, from 1, by the score and by the
    retriever's alone, None where it was not to be ranked. `rival` is told
    where it was outscored. `rationale` says what speaks for it, `lift` what the whole
    history does for its score, in nats. `change` is the smallest one that brings it up, in words; None where none was
    found, or needed.
    """

    user_id: str
    item_id: str
    title: str
    k: int
    rank: int | None
    lost: Lost
    scored: int | None
    retrieved: int | None
    probability: float
    rival: Rival | None
    rationale: Rationale
    lift: float
    change: str | None


def explain(
    recommender: Recommender, user: str | Timeline, item_id: str, k: int = 10, *, llm: bool = True
) -> Explanation:
    """Why the item is in the list of `k` for this user, or why not.

    Raises:
        UnknownName: no such user or item.
        UsageError: `k` is below 1, or nothing is left to recommend.
    """
    know = recommender.knowledge
    timeline = know.store.timeline(user) if isinstance(user, str) else user
    item = know.catalogue[item_id]
    listing = recommender.listing(timeline, k, llm=llm)
    place = know.index.places[item_id]
    ranks = {one.item_id: one.rank for one in listing.items}
    unsaid = replace(timeline, corrections=())  # what speaks for an item does so, whatever was said of its topics
    grounds = grounds_for(know, unsaid, [item], listing.interests.now, llm)
    (rationale,) = know.rationales.explain(grounds, know.pen if llm else None)
    lost = "" if item_id in ranks else _lost(know, timeline, item, listing)
    score, last = float(listing.fused[place]), listing.items[-1]
    ranked = bool(np.isfinite(score))
    return Explanation(
        timeline.user_id,
        item_id,
        item.title,
        k,
        ranks.get(item_id),
        lost,
        _rank(listing.fused, place) if ranked else None,
        _rank(listing.retrieved, place) if ranked else None,
        float(np.exp(score)),
        Rival(last.item_id, last.title, last.score - score) if lost == "outscored" else None,
        rationale,
        grounds[0].lift,
        smallest_change(recommender, timeline, item, k, llm) if lost else None,
    )


def _lost(know: Knowledge, timeline: Timeline, item: Item, listing: Listing) -> Lost:
    if not know.domain.repeats and item.item_id in timeline.item_ids:
        return "had"
    if know.domain.only_available and not item.available:
        return "unavailable"
    place, last = (know.index.places[one] for one in (item.item_id, listing.items[-1].item_id))
    if not np.isfinite(listing.fused[place]):
        return "said"
    return "capped" if _rank(listing.fused, place) < _rank(listing.fused, last) else "outscored"


def _rank(log_p: NDArray[np.float64], place: int) -> int:
    """Its place, from 1, in the order of lists: equal ones in the order of the catalogue."""
    return int((log_p > log_p[place]).sum() + (log_p[:place] == log_p[place]).sum()) + 1


def smallest_change(recommender: Recommender, timeline: Timeline, item: Item, k: int, llm: bool) -> str | None:
    """The first of some changes, small ones first, after which the item is in the list of `k`; None where none is.

    All that was said of its topics is taken back; one is wanted more; up to `MOST` items that go with it are liked.
    """
    know = recommender.knowledge
    if not know.allowed(replace(timeline, corrections=()), None)[know.index.places[item.item_id]]:
        return None  # no taste brings back what is gone, or was had
    for words, changed in _changes(know, timeline, item, llm):
        with suppress(UsageError):  # a change that leaves nothing to recommend brings nothing up
            if item.item_id in {one.item_id for one in recommender.listing(changed, k, llm=llm).items}:
                return words
    return None


def _changes(know: Knowledge, timeline: Timeline, item: Item, llm: bool) -> Iterator[tuple[str, Timeline]]:
    topics = know.topics_of(item.item_id)
    held = [topic for topic in topics if know.said(timeline).get(topic) in ("ban", "less")]
    sayings = [(f"take back {', '.join(held)}", [Correction("back", topic) for topic in held])] if held else []
    sayings += [(words.format(topic), [Correction(kind, topic)]) for kind, words in SAID for topic in topics]
    for words, corrections in sayings:
        if _is_read(words, corrections, know.topics.names):
            yield f"say '{words}'", _said(timeline, corrections)
    liked = _best_liked(know, timeline, item, llm)
    for together in accumulate([[one] for one in liked]):
        titles = " and ".join(f'"{know.catalogue[one].title}"' for one in together)
        yield f"like {titles}", _liking(timeline, together)


def _is_read(words: str, corrections: list[Correction], names: Sequence[str]) -> bool:
    """Whether these words, said by the user, are understood as these corrections: not every topic can be spoken of."""
    try:
        return read_corrections(words, names) == corrections
    except UnknownTopic:
        return False


def _said(timeline: Timeline, corrections: list[Correction]) -> Timeline:
    events = (Event(timeline.user_id, "", 0.0, CORRECTION, text=written(one)) for one in corrections)
    return replace(timeline, corrections=(*timeline.corrections, *events))


def _liking(timeline: Timeline, item_ids: list[str]) -> Timeline:
    moment = timeline.events[-1].timestamp if timeline.events else 0.0
    liked = tuple(Event(timeline.user_id, one, moment, "like") for one in item_ids)
    return replace(timeline, events=timeline.events + liked)


def _best_liked(know: Knowledge, timeline: Timeline, item: Item, llm: bool) -> list[str]:
    """Up to `MOST` items whose liking does most for this one, among those that it leads to."""
    place = know.index.places[item.item_id]
    allowed = know.allowed(timeline, None)
    allowed[place] = False
    if not allowed.any():
        return []
    after = know.retriever.log_probability(know.past(_liking(Timeline(""), [item.item_id])), allowed)
    near = [know.index.item_ids[one] for one in know.retriever.top(after, NEAR).tolist()]
    allowed[place] = True
    scores = fused_scores(know, [_liking(timeline, [one]) for one in near], allowed, np.array([place]), llm)[:, 0]
    return [near[one] for one in np.argsort(-scores, kind="stable")[:MOST].tolist()]
