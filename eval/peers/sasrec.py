"""SASRec with full cross-entropy (Kang & McAuley 2018; the loss after Klenitskiy & Vasilev 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval.choosing import quality
from eval.interactions import Interactions, Ints
from eval.protocols.split import Case, Split, Stage
from eval.ranking import rankable
from eval.systems import Scores
from retrieval.blend import log_softmax
from workspace.progress import track

if TYPE_CHECKING:
    from eval.peers.sasrec_network import Network

FILE = "network.pt"
EVERY = 3  # epochs between looks at validation
LOOKED_AT = 1_000  # validation cases at most


@dataclass
class SASRec:
    """Self-attention over the last `length` items; early stopping by validation's NDCG@10, then a refit.

    Training on the validation stage stops after `patience` looks without a better one, at most after `epochs`; the best
    number of epochs is then trained from the start on all events before the test. P(next) is the softmax.
    """

    width: int = 64
    layers: int = 2
    length: int = 100
    dropout: float = 0.3
    rate: float = 1e-3
    epochs: int = 90
    patience: int = 4
    seed: int = 0
    fitted_on: Interactions = field(init=False, repr=False)
    _network: Network = field(init=False, repr=False)

    def fit(self, split: Split) -> None:
        """Find the number of epochs on validation, then train on all."""
        best = self._best_epoch(split.validation) if split.validation.cases else self.epochs
        self._train(split.test.events, best)

    def write(self, folder: Path) -> None:
        """Keep the weights."""
        import torch

        torch.save(self._network.state_dict(), folder / FILE)

    def read(self, folder: Path, split: Split) -> None:
        """Take kept weights instead of fitting."""
        import torch

        self.fitted_on = split.test.events
        self._network = self._new(len(split.test.events.catalogue))
        self._network.load_state_dict(torch.load(folder / FILE, weights_only=True))

    def score(self, cases: Sequence[Case]) -> Scores:
        """The logits after each history, and their softmax over what the case ranks."""
        from eval.peers.sasrec_network import last_logits

        logits = last_logits(self._network, [case.history for case in cases])
        return Scores(logits, log_softmax(logits, rankable(cases, logits.shape[1])))

    def _best_epoch(self, stage: Stage) -> int:
        from eval.peers.sasrec_network import train

        drawn = np.random.default_rng(self.seed).permutation(len(stage.cases))[:LOOKED_AT]
        looked_at = replace(stage, cases=tuple(stage.cases[place] for place in drawn))
        self._network, best, best_epoch = self._new(len(stage.events.catalogue)), -1.0, 0
        epochs = train(self._network, sequences(stage.events), self.epochs, self.rate, self.seed)
        for epoch in track(epochs, "sasrec, choosing the number of epochs", self.epochs):
            if epoch % EVERY and epoch < self.epochs:
                continue
            found = quality(self, looked_at)
            if found > best:
                best, best_epoch = found, epoch
            elif epoch - best_epoch >= self.patience * EVERY:
                break
        return best_epoch

    def _train(self, events: Interactions, epochs: int) -> None:
        from eval.peers.sasrec_network import train

        self.fitted_on = events
        self._network = self._new(len(events.catalogue))
        steps = train(self._network, sequences(events), epochs, self.rate, self.seed)
        for _ in track(steps, "sasrec, the final fit", epochs):
            pass

    def _new(self, items: int) -> Network:
        import torch

        from eval.peers.sasrec_network import Network

        torch.manual_seed(self.seed)
        return Network(items, self.width, self.layers, self.length, self.dropout)


def sequences(events: Interactions) -> list[Ints]:
    """Each user's items in order, of those with at least two."""
    parts = np.split(events.items, np.flatnonzero(np.diff(events.users)) + 1)
    return [part for part in parts if len(part) > 1]
