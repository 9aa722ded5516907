"""What a tuned model's reading head says of the whole catalogue, and its sum with the retriever's say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agent.fusion import LanguageWeight
from agent.scorer import LanguageScorer
from engine.protocol import Readout
from history.catalogue import Catalogue
from history.timeline import Timeline
from prompts.renderer import Renderer
from retrieval.blend import Fitted, Weights, fit_blend, log_softmax, maximise

if TYPE_CHECKING:
    from engine.local import LocalEngine
    from engine.reading import ReadingHead

RETRIEVAL, HEAD = "retrieval", "head"
CHOOSING: Readout = "yes-no"  # of tuned branches
TOGETHER = 64  # histories in one call of the engine
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class HeadScorer:
    """Reads a history and answers for every item, at the cost of the history's tokens alone."""

    engine: LocalEngine
    renderer: Renderer
    catalogue: Catalogue
    head: ReadingHead

    def log_p(self, timelines: Sequence[Timeline], allowed: Mask) -> Floats:
        """Log P(next) of the head's items after each history, float64 [n, items]; -inf for what is not `allowed`."""
        found = np.empty(allowed.shape)
        for start in range(0, len(timelines), TOGETHER):
            part = slice(start, start + TOGETHER)
            stems = [self.renderer.stable(timeline, self.catalogue) for timeline in timelines[part]]
            found[part] = log_softmax(self.head.answer(self.engine.states(stems)), allowed[part])
        return found

    @property
    def chooser(self) -> LanguageScorer:
        """Scores candidates in the way that tuning teaches: the log-odds themselves, against nothing."""
        return LanguageScorer(self.engine, self.renderer, self.catalogue, CHOOSING, against_free=False)


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
    def chooser(self) -> LanguageScorer:
        """Scores candidates as the adapter was taught to."""
        return self.scorers[0].chooser

    def log_p(self, timelines: Sequence[Timeline], retrieval: Floats) -> Floats:
        """Log P(next) after each history, float64 [n, items], from the retriever's; what that excludes stays out."""
        allowed = np.isfinite(retrieval)
        return mixed(self.weights, retrieval, averaged(self.scorers, timelines, allowed), allowed)


def averaged(scorers: Sequence[HeadScorer], timelines: Sequence[Timeline], allowed: Mask) -> Floats:
    """Log P(next) of several heads after each history, float64 [n, items]: their mean, which sums to 1 again."""
    each = [np.where(allowed, scorer.log_p(timelines, allowed), 0.0) for scorer in scorers]
    return log_softmax(np.mean(each, axis=0), allowed)


def mean_weights(weights: Sequence[Weights]) -> Weights:
    """The mean of the weights that were fitted for each alone."""
    return {name: float(np.mean([one[name] for one in weights])) for name in (RETRIEVAL, HEAD)}


def mixed(weights: Weights, retrieval: Floats, head: Floats, allowed: Mask) -> Floats:
    """Log P(next), [..., items], from the weighted sum of two log-probabilities."""
    utility = sum(weights[name] * np.where(allowed, part, 0.0) for name, part in ((RETRIEVAL, retrieval), (HEAD, head)))
    return log_softmax(np.asarray(utility), allowed)


def fit_mix(retrieval: Floats, head: Floats, allowed: Mask, targets: NDArray[np.int64]) -> Fitted:
    """The weights of `mixed` on validation targets that neither was trained on; what adds nothing has weight 0.

    The scale of the retriever's log-probability is fitted anew beside the head's: both know what is popular.
    """
    return fit_blend({RETRIEVAL: [RETRIEVAL], HEAD: [HEAD]}, _both(retrieval, head, allowed), allowed, targets)


def best_mix(retrieval: Floats, head: Floats, allowed: Mask, targets: NDArray[np.int64]) -> float:
    """The greatest mean log-likelihood of the targets that `mixed` can reach, whether chance explains it or not."""
    return maximise(_both(retrieval, head, allowed), allowed, targets, (0, 1))[1]


def _both(retrieval: Floats, head: Floats, allowed: Mask) -> NDArray[np.float32]:
    return np.stack([np.where(allowed, part, 0.0) for part in (retrieval, head)], axis=-1).astype(np.float32)
