"""Does an event speak for or against its item, and how much does it count?"""

from __future__ import annotations

from history.domain import Domain
from history.records import Event

RATING_SCALES = (1.0, 5.0, 10.0, 100.0)


def rating_scale(largest: float) -> float:
    """The top of the rating scale that holds the largest value seen: 1, 5, 10 or 100, else that value."""
    return next((top for top in RATING_SCALES if largest <= top), largest)


def polarity(event: Event, domain: Domain, scale: float) -> int:
    """1 when the event speaks for its item, -1 against, 0 neither; `scale` is the top of the ratings."""
    if event.type != "rating" or event.value is None:
        return domain.kind(event.type).polarity
    share = event.value / scale
    if share >= domain.liked_from:
        return 1
    return -1 if share <= domain.disliked_to else 0


def verb(event: Event, domain: Domain, scale: float) -> str:
    """The words for what happened: "watched", "liked", "disliked"."""
    kind = domain.kind(event.type)
    told = {1: kind.verb_for, -1: kind.verb_against}.get(polarity(event, domain, scale), "")
    return told or kind.verb


def weight(event: Event, domain: Domain, scale: float) -> float:
    """How much the event counts towards its item: the kind's weight, halved when neutral, 0 when against."""
    return domain.kind(event.type).weight * {1: 1.0, 0: 0.5, -1: 0.0}[polarity(event, domain, scale)]
