"""Ways in which the model sees the candidates as a list; so their order may matter, and how much is measured."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.stats import kendalltau

from agent.scorer import LanguageScorer
from eval.interactions import Floats
from eval.language.reordering import Order, Reordering
from eval.peers.product import CaseCandidates
from eval.protocols.split import Case
from history.timeline import Timeline

SHUFFLES = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """The values of a list as it was shown, its tokens, and the share of the answer that could not be used."""

    values: Floats
    tokens: int
    invalid: float = 0.0


@dataclass
class Listing(Reordering):
    """Asks about all candidates at once, shuffled by seed.

    For the first `biased` cases of a batch the same question is asked in `SHUFFLES` orders: `kendall_tau` is the mean
    rank correlation between any two of the answers, `top1_kept` the share of pairs with the same first item.
    """

    scorer: LanguageScorer = field(repr=False)
    name: str = ""
    seed: int = 0
    biased: int = 10

    @abstractmethod
    def ask(self, timeline: Timeline, item_ids: Sequence[str]) -> Reading:
        """What the model says of the items, shown in this order."""

    def orders(self, cases: Sequence[Case], found: Sequence[CaseCandidates]) -> Iterator[Order]:
        """One shuffled question a case; more for the first."""
        for number, (case, candidates) in enumerate(zip(cases, found, strict=True)):
            generator = np.random.default_rng((self.seed, case.user, case.place))
            readings = [self._shuffled(candidates, generator) for _ in range(SHUFFLES if number < self.biased else 1)]
            first = readings[0]
            also = {"tokens": float(first.tokens), "invalid": first.invalid}
            if len(readings) > 1 and len(first.values) > 1:
                also |= position_bias([reading.values for reading in readings])
            yield Order(first.values, also=also)

    def _shuffled(self, candidates: CaseCandidates, generator: np.random.Generator) -> Reading:
        order = generator.permutation(len(candidates.places))
        item_ids = self.fitted_on.item_ids
        reading = self.ask(candidates.timeline, [item_ids[candidates.places[place]] for place in order])
        values = np.empty(len(order))
        values[order] = reading.values
        return Reading(values, reading.tokens, reading.invalid)


def position_bias(answers: Sequence[Floats]) -> dict[str, float]:
    """How alike the answers to one question are: mean Kendall tau-b over pairs, and the share with the same first item.

    Each answer is float64 [items], the same items in the same places; 1 and 1 say that the order shown is of no matter.
    """
    pairs = [(one, other) for place, one in enumerate(answers) for other in answers[:place]]
    taus = [float(kendalltau(one, other).statistic) for one, other in pairs]
    kept = [float(one.argmax() == other.argmax()) for one, other in pairs]
    return {"kendall_tau": float(np.nan_to_num(np.mean(taus))), "top1_kept": float(np.mean(kept))}
