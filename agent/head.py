"""What a tuned model's reading head says of the whole catalogue, and its sum with the retriever's say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from agent.fusion import LanguageWeight
from agent.scorer import LanguageScorer, Values
from engine.protocol import Readout, Scores
from history.catalogue import Catalogue
from history.timeline import Timeline
from prompts.renderer import Renderer
from retrieval.blend import Fitted, Weights, fit_blend, log_softmax, maximise
from workspace.spans import span

if TYPE_CHECKING:
    from engine.local import LocalEngine
    from engine.reading import ReadingHead

RETRIEVAL, HEAD = "retrieval", "head"
CHOOSING: Readout = "yes-no"  # of tuned branches
TOGETHER = 64  # histories in one call of the engine
FIRST = 100  # items of the retriever's, and as many of the head's, that both put in order
FEWEST = 8  # targets among them to fit weights on
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class HeadScorer:
    """Reads a history and answers for every item, at the cost of the history's tokens alone."""

    engine: LocalEngine
    renderer: Renderer
    catalogue: Catalogue
    head: ReadingHead
    item_ids: Sequence[str]

    def log_p(self, timelines: Sequence[Timeline], allowed: Mask) -> Floats:
        """Log P(next) of the head's items after each history, float64 [n, items]; -inf for what is not `allowed`."""
        found = np.empty(allowed.shape)
        for start in range(0, len(timelines), TOGETHER):
            part = slice(start, start + TOGETHER)
            with span("render"):
                stems = [self.renderer.stable(timeline, self.catalogue) for timeline in timelines[part]]
            with span("score"):
                found[part] = log_softmax(self.head.answer(self.engine.states(stems)), allowed[part])
        return found

    @cached_property
    def chooser(self) -> Chooser:
        """Scores candidates in the way that tuning teaches."""
        places = {item_id: place for place, item_id in enumerate(self.item_ids)}
        return Chooser(
            self.engine, self.renderer, self.catalogue, CHOOSING, against_free=False, head=self.head, places=places
        )


@dataclass(frozen=True, kw_only=True)
class Chooser(LanguageScorer):
    """Scores candidates as tuning teaches: by what the head says of an item at the end of that item's own branch.

    So it weighs each with the history and the item itself in sight. `places` are those of the items in the head. Values
    are read as they are, against nothing.
    """

    head: ReadingHead
    places: Mapping[str, int]
    reads_ends: ClassVar[bool] = True

    def said(self, scores: Scores, item_ids: Sequence[str]) -> Values:
        """Log P(next) of each item but for what is the same for all. Float64 [len(item_ids)]."""
        return self.head.choose(scores.ends, [self.places[item_id] for item_id in item_ids])


@dataclass(frozen=True)
class Tuned:
    """The adapters in use: their name, their reading heads, and the weights of the sum with the retriever's.

    `branches` says how much the say of single candidates counts beside that sum, where there is one adapter.
    """

    name: str
    scorers: Sequence[HeadScorer]
    weights: Weights
    branches: LanguageWeight

    @property
    def chooser(self) -> Chooser:
        """Scores candidates as the adapter was taught to."""
        return self.scorers[0].chooser

    def log_p(self, timelines: Sequence[Timeline], retrieval: Floats) -> Floats:
        """Log P(next) after each history, float64 [n, items], from the retriever's; what that excludes stays out."""
        allowed = np.isfinite(retrieval)
        return mixed(self.weights, retrieval, averaged(self.scorers, timelines, allowed))


def averaged(scorers: Sequence[HeadScorer], timelines: Sequence[Timeline], allowed: Mask) -> Floats:
    """Log P(next) of several heads after each history, float64 [n, items]: their mean, which sums to 1 again."""
    each = [np.where(allowed, scorer.log_p(timelines, allowed), 0.0) for scorer in scorers]
    return log_softmax(np.mean(each, axis=0), allowed)


def mean_weights(weights: Sequence[Weights]) -> Weights:
    """The mean of the weights that were fitted for each alone."""
    return {name: float(np.mean([one[name] for one in weights])) for name in (RETRIEVAL, HEAD)}


def mixed(weights: Weights, retrieval: Floats, head: Floats) -> Floats:
    """Log P(next), float64 [n, items]: the retriever's, the first items of both by the weighted sum with the head's.

    The first items keep the mass that the retriever gave them together, and all others theirs, so the whole sums to 1.
    Where the head has no weight the retriever's say stays as it is.
    """
    found = retrieval.copy()
    if weights[HEAD]:
        places = first_places(retrieval, head)
        own, said, allowed = _first(retrieval, head, places)
        utility = weights[RETRIEVAL] * own + weights[HEAD] * said
        mass = logsumexp(np.where(allowed, own, -np.inf), axis=1, keepdims=True)
        np.put_along_axis(found, places, log_softmax(utility, allowed) + mass, axis=1)
    return found


def fit_mix(retrieval: Floats, head: Floats, targets: NDArray[np.int64]) -> Fitted:
    """The weights of `mixed` on validation targets that neither was trained on; what adds nothing has weight 0.

    Only targets among the first items count, and only their chance among those: that is where lists are made. Over the
    whole catalogue a head earns weight by spreading the chance of what is far from any list, and lists get worse.
    The scale of the retriever's log-probability is fitted anew beside the head's: both know what is popular.
    """
    features, allowed, places = _fitted_on(retrieval, head, targets)
    if len(places) < FEWEST:
        return Fitted({RETRIEVAL: 1.0, HEAD: 0.0}, 0.0, {})
    return fit_blend({RETRIEVAL: [RETRIEVAL], HEAD: [HEAD]}, features, allowed, places)


def best_mix(retrieval: Floats, head: Floats, targets: NDArray[np.int64]) -> float:
    """The mean log-likelihood of all targets, in nats, by the `mixed` whose weights suit them best, by chance or not.

    Of all, since which are among the first items goes by the head: one that finds harder targets must not lose by it.
    """
    features, allowed, places = _fitted_on(retrieval, head, targets)
    found = retrieval
    if len(places):
        best, _ = maximise(features, allowed, places, (0, 1))
        found = mixed({RETRIEVAL: float(best[0]), HEAD: float(best[1])}, retrieval, head)
    return float(found[np.arange(len(targets)), targets].mean())


def first_places(retrieval: Floats, head: Floats) -> NDArray[np.int64]:
    """The retriever's `FIRST` items of each row, then as many others that the head has first, int64 [n, first]."""
    own = _greatest(retrieval, FIRST)
    others = head.copy()
    np.put_along_axis(others, own, -np.inf, axis=1)
    return np.hstack([own, _greatest(others, min(FIRST, others.shape[1] - own.shape[1]))])


def _greatest(log_p: Floats, count: int) -> NDArray[np.int64]:
    return np.argsort(-log_p, axis=1, kind="stable")[:, :count]


def _first(retrieval: Floats, head: Floats, places: NDArray[np.int64]) -> tuple[Floats, Floats, Mask]:
    """What both say of the first items, [n, first] each, 0 for what is not allowed; and what is."""
    own, said = (np.take_along_axis(part, places, axis=1) for part in (retrieval, head))
    allowed = np.isfinite(own)
    return np.where(allowed, own, 0.0), np.where(allowed, said, 0.0), allowed


def _fitted_on(
    retrieval: Floats, head: Floats, targets: NDArray[np.int64]
) -> tuple[NDArray[np.float32], Mask, NDArray[np.int64]]:
    """The rows whose target is among the first items: features [n, first, 2], what is allowed, and its place there."""
    places = first_places(retrieval, head)
    hits = places == targets[:, None]
    rows = hits.any(axis=1)
    own, said, allowed = _first(retrieval[rows], head[rows], places[rows])
    return np.stack([own, said], axis=-1).astype(np.float32), allowed, hits[rows].argmax(axis=1)
