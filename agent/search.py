"""Search: text → query, blended with the user's → index → items.

The index holds an item as [e, r]: its sentence embedding and what the user tower learnt about it. A text asks for it by
[q, 0], a user by [Pᵀu, u] (`retrieval.tower`), and a weighted sum of the two asks for both at once. Their products have
different scales: over the films of MovieLens-100K those of a text deviate by .06 to .10, those of a user by 1.5 to 2.9.
So each query is divided by the standard deviation of its own products: at a weight of .5 what was said and what the
user likes tell two items apart by equally much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz, process

from agent.knowledge import Knowledge
from agent.results import Printable
from history.catalogue import Catalogue
from history.records import Item
from history.timeline import Timeline
from prompts.segment import clean
from retrieval.encoder import Vectors
from retrieval.parts import TowerPart
from retrieval.trail import Ints
from workspace.errors import ModelError, UsageError

WEIGHT = 0.5  # the user's, where there is one and the caller does not say
LONGEST = 2_000  # characters of a text that are read: more than sentence encoders look at
SAMPLE = 10_000  # items, evenly spread over the catalogue, on which a query's scale is measured


@dataclass(frozen=True, slots=True)
class Match:
    """One item that was found.

    `score` says how far it stands above the catalogue's average item, in standard deviations: those of what was said,
    or the weighted sum of those and the user's. `similarity` is the cosine between what was said and the item's text.
    """

    item_id: str
    title: str
    rank: int
    score: float
    similarity: float


@dataclass(frozen=True, slots=True)
class SearchAnswer(Printable):
    """The items for a text, best first; `weight` is the user's part in the order, 0 where the text alone made it.

    It is `degraded` where only titles were compared.
    """

    text: str
    user_id: str | None
    weight: float
    items: tuple[Match, ...]
    degraded: bool = False


def search(
    knowledge: Knowledge,
    text: str,
    user: str | Timeline | None = None,
    k: int = 10,
    *,
    weight: float | None = None,
    where: Callable[[Item], bool] | None = None,
    like: Sequence[str] = (),
    unlike: Sequence[str] = (),
) -> SearchAnswer:
    """The `k` items that best fit `text` and, by `weight` from 0 (text alone) to 1, the user; fewer where fewer exist.

    What is asked for may also be `like` and `unlike` items, named by their ids, beside a text or in its place. `user`
    is an id in the store, or the timeline of a visitor who is not: what they had is left out where the domain says so.
    A user with no event that the tower knows has no say.

    Raises:
        UsageError: the text says nothing, `k` is below 1, `weight` is not within 0 and 1 or has no user, or no item is
            left.
        UnknownName: no such user or item.
        ModelError: the encoder or the index gave no numbers.
    """
    weight = _checked_weight(weight, user)
    if k < 1:
        raise UsageError(f"k = {k}: ask for at least one item")
    said = "" if (like or unlike) and not text.strip() else _said(text)
    timeline = Timeline("") if user is None else knowledge.store.timeline(user) if isinstance(user, str) else user
    allowed = knowledge.allowed(timeline, where)
    if not allowed.any():
        raise UsageError(
            "the filter leaves no item to search; loosen --where"
            if where
            else "no item is left to find: import more, or see foretaste items restore"
        )
    sample = _sample(knowledge)
    words = _text_query(knowledge, said) if said else np.zeros(knowledge.index.dimension, np.float32)
    asked = _to_scale(words, sample) + _likeness(knowledge, like, unlike, sample) if like or unlike else words
    wish = _user_query(knowledge, timeline)
    if not wish.any():
        weight = 0.0
    query = (1 - weight) * _to_scale(asked, sample) + weight * _to_scale(wish, sample)
    places, products = knowledge.index.search(query, k, allowed)
    if not np.isfinite(products).all():
        raise ModelError("the sentence encoder or the index gave something else than numbers; run: foretaste fit")
    scores = products - np.vecdot(sample, query).mean()
    items = _matches(knowledge, places, scores, np.vecdot(knowledge.index.vectors[places], words))
    return SearchAnswer(said, None if user is None else timeline.user_id, weight, items)


def search_titles(catalogue: Catalogue, text: str, k: int, where: Callable[[Item], bool] | None = None) -> SearchAnswer:
    """The same by the words of titles alone, which needs neither the encoder nor the index; scores from 0 to 1."""
    titles = {item.item_id: item.title for item in catalogue.values() if item.available and (not where or where(item))}
    found = process.extract(text, titles, scorer=fuzz.token_set_ratio, processor=str.casefold, limit=k)
    matches = (
        Match(item_id, title, rank, ratio / 100, ratio / 100) for rank, (title, ratio, item_id) in enumerate(found, 1)
    )
    return SearchAnswer(text, None, 0.0, tuple(matches), degraded=True)


def _checked_weight(weight: float | None, user: str | Timeline | None) -> float:
    if weight is None:
        return 0.0 if user is None else WEIGHT
    if user is None:
        raise UsageError("--weight is the user's part in the order: it needs --user")
    if not 0 <= weight <= 1:
        raise UsageError(f"--weight {weight:g} is not within 0 (the text alone) and 1 (the user alone)")
    return weight


def _said(text: str) -> str:
    said = clean(text.lstrip()[:LONGEST])
    if not said:
        raise UsageError('TEXT is empty: say what to look for, such as "slow-burning crime films"')
    return said


def _text_query(knowledge: Knowledge, said: str) -> Vectors:
    """The query [q, 0], float32 [dimension]."""
    vector = knowledge.resources.embed([said], knowledge.retriever.text_width)[0]
    if not vector.any():
        raise UsageError(f"the sentence encoder knows no word of {said[:80]!r}: say it in other words")
    return _padded(knowledge, vector)


def _user_query(knowledge: Knowledge, timeline: Timeline) -> Vectors:
    """The query [Pᵀu, u], float32 [dimension]; the taste's where no tower was fitted, zeros where nothing is known."""
    past = knowledge.past(timeline)
    part = knowledge.retriever.parts.get("tower")
    if isinstance(part, TowerPart):
        query: Vectors = part.tower.queries([past.trail], knowledge.index.vectors)[0]
        return query
    return _padded(knowledge, past.taste.query)


def _likeness(knowledge: Knowledge, like: Sequence[str], unlike: Sequence[str], sample: Vectors) -> Vectors:
    """A query for what is like some items and unlike others, float32 [dimension]."""
    found = np.zeros(knowledge.index.dimension, np.float32)
    for item_ids, sign in ((like, 1.0), (unlike, -1.0)):
        for item_id in item_ids:
            for query in _item_queries(knowledge, knowledge.index.places[knowledge.catalogue[item_id].item_id]):
                found += np.float32(sign / len(item_ids)) * _to_scale(query, sample)
    return found


def _item_queries(knowledge: Knowledge, place: int) -> list[Vectors]:
    """An item as its text, [e, 0], and as a user who is where it stands for the tower, [Pᵀx, x] with x = P e + r."""
    import torch

    vector = knowledge.index.vectors[place]
    width = knowledge.retriever.text_width
    found = [_padded(knowledge, vector[:width])]
    part = knowledge.retriever.parts.get("tower")
    if isinstance(part, TowerPart):
        p = part.tower.projection.weight.detach()
        x = p @ torch.from_numpy(vector[:width]) + torch.from_numpy(vector[width:])
        found.append(torch.cat([x @ p, x]).numpy())
    return found


def _padded(knowledge: Knowledge, vector: Vectors) -> Vectors:
    return np.pad(vector, (0, knowledge.index.dimension - len(vector)))


def _sample(knowledge: Knowledge) -> Vectors:
    """The vectors of at most `SAMPLE` items, the same ones for every search."""
    vectors = knowledge.index.vectors
    return vectors[:: -(-len(vectors) // SAMPLE)]


def _to_scale(query: Vectors, sample: Vectors) -> Vectors:
    """The query whose products with the sample have a standard deviation of 1, where they vary at all."""
    spread = np.vecdot(sample, query).std(dtype=np.float64)
    return query / np.float32(spread or 1.0)


def _matches(knowledge: Knowledge, places: Ints, scores: Vectors, similarities: Vectors) -> tuple[Match, ...]:
    items = [knowledge.catalogue[knowledge.index.item_ids[place]] for place in places]
    rows = enumerate(zip(items, scores.tolist(), similarities.tolist(), strict=True), 1)
    return tuple(Match(item.item_id, item.title, rank, *numbers) for rank, (item, *numbers) in rows)
