"""The tuned model: its reading head alone, and beside the retriever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from agent.adapters import Version
from agent.head import Floats, HeadScorer, mixed
from eval.embeddings import item_vectors
from eval.fitted import fit_or_read, refuse_other_cut
from eval.interactions import Interactions
from eval.language.masking import masked
from eval.peers.product import BATCH, Retrieval
from eval.protocols.split import Case, Split
from eval.ranking import rankable
from eval.systems import Scores
from workspace.errors import NotReady


@dataclass
class TunedHead:
    """What the model says after one reading of the history, by the newest adapter that was tuned on the same events.

    `adapters` names all that there are, so that kept answers are not taken for those of others. With `mask_titles` the
    model reads invented names; items keep their vectors.
    """

    retrieval: Retrieval
    adapters: str
    mask_titles: bool = False
    fitted_on: Interactions = field(init=False, repr=False)
    version: Version = field(init=False, repr=False)
    scorer: HeadScorer = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Take the adapter that was tuned on what this split may see.

        Raises:
            NotReady: there is none, or it does not fit the model or the settings.
        """
        resources, events = self.retrieval.resources, split.test.events
        fit_or_read(resources.home, "retrieval", self.retrieval, split)
        self.fitted_on = events
        found = resources.adapters.made_on(split.fit_hash)
        if not found:
            raise NotReady(
                f"no adapter was tuned on the events of {split.protocol}; run: foretaste tune --protocol "
                f"{split.protocol} with the same --dataset, --k-core, --train-users and --seed"
            )
        self.version = found[-1]
        refuse_other_cut(
            {"cut": self.version.card.cut, "fit_hash": self.version.card.fit_hash},
            split,
            self.version.folder,
            "tune again",
        )
        engine = resources.tuned(self.version)
        head = self.version.head(events.item_ids, item_vectors(resources, events.catalogue))
        catalogue = masked(events.catalogue) if self.mask_titles else events.catalogue
        self.scorer = HeadScorer(engine, resources.renderer, catalogue, head)

    def score(self, cases: Sequence[Case]) -> Scores:
        """Log P(next) of all items."""
        log_p = np.concatenate([self.log_p(cases[start : start + BATCH]) for start in range(0, len(cases), BATCH)])
        return Scores(log_p, log_p)

    def log_p(self, cases: Sequence[Case]) -> Floats:
        """Log P(next) of all items, float64 [cases, items]."""
        allowed = rankable(cases, len(self.fitted_on.item_ids))
        return self.scorer.log_p([self.retrieval.timeline(case) for case in cases], allowed)


@dataclass
class TunedFused(TunedHead):
    """The head's log-probability and the retriever's, by the weights on the adapter's card, fitted on validation."""

    def log_p(self, cases: Sequence[Case]) -> Floats:
        """Log P(next) of all items, float64 [cases, items]."""
        retrieved = self.retrieval.log_p(cases, self.retrieval.retriever)
        weights = self.version.weights(self.retrieval.resources.precision)
        return mixed(weights, retrieved, super().log_p(cases), np.isfinite(retrieved))
