"""Documents by how well they answer a query: the reranking that search stacks ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from scipy.special import expit, logit

from agent.knowledge import Knowledge
from agent.search import WEIGHT
from history.catalogue import Catalogue
from history.records import Event, Item
from history.timeline import Timeline
from workspace.errors import ModelError

EDGE = 1e-6  # a relevance is never quite 0 or 1
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Relevance:
    """A document, by its place in the request, and how well it answers the query, from 0 to 1."""

    index: int
    relevance_score: float


def rerank(
    know: Knowledge, query: str, documents: Sequence[str], timeline: Timeline | None = None, llm: bool = True
) -> list[Relevance]:
    """The documents, best first; equal ones in their order.

    Relevance is (1 + cosine) / 2 between a document and the query, half of which is the user's taste where a `timeline`
    has any. With `llm` its log-odds are moved by what the language model says of the document after the history and the
    query, times the weight that was fitted for it: not at all where it did not help.

    Raises:
        ModelError: the encoder or the model gave no numbers.
    """
    relevance = (1 + _cosines(know, query, documents, timeline)) / 2
    if llm and know.language_weight.weight:
        said = _said(know, query, documents, timeline)
        relevance = expit(logit(np.clip(relevance, EDGE, 1 - EDGE)) + know.language_weight.weight * said)
    return _ordered(relevance)


def rerank_by_words(query: str, documents: Sequence[str]) -> list[Relevance]:
    """The same by the words that query and documents share, where no model can be asked."""
    return _ordered(np.array([fuzz.token_set_ratio(query, document) / 100 for document in documents]))


def _cosines(know: Knowledge, query: str, documents: Sequence[str], timeline: Timeline | None) -> Floats:
    wish, *vectors = know.resources.embed([query, *documents], know.retriever.text_width)
    taste = know.past(timeline).taste.query if timeline else None
    if taste is not None and taste.any():
        wish = (1 - WEIGHT) * wish + WEIGHT * taste
    cosines: Floats = np.stack(vectors).astype(np.float64) @ wish / (float(np.linalg.norm(wish)) or 1.0)
    if not np.isfinite(cosines).all():
        raise ModelError(f"{know.settings.encoder} gave something else than numbers; use another encoder")
    return np.clip(cosines, -1, 1)


def _said(know: Knowledge, query: str, documents: Sequence[str], timeline: Timeline | None) -> Floats:
    """What the language model says of each document as the next item after the query, float64 [documents]."""
    events = timeline.events if timeline else ()
    moment = events[-1].timestamp if events else 0.0
    asked = Timeline("", (*events, Event("", "", moment, "search", text=query)))
    read = [know.catalogue[item_id] for item_id in asked.item_ids if item_id in know.catalogue]
    items = [Item(f"document {place}", text) for place, text in enumerate(documents)]
    values = know.resources.scorer(Catalogue([*read, *items])).values(asked, [item.item_id for item in items])
    if not np.isfinite(values).all():
        raise ModelError(f"{know.resources.language_name} gave something else than scores; check its files")
    return values


def _ordered(relevance: Floats) -> list[Relevance]:
    order = np.argsort(-relevance, kind="stable").tolist()
    return [Relevance(place, float(relevance[place])) for place in order]
