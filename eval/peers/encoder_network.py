"""An encoder with a classification head, and its training: the only part of that peer that needs torch."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from eval.interactions import Floats, Ints
from workspace.errors import ModelError
from workspace.progress import track

BATCH = 16
WARM = 0.1  # share of the steps over which the rate rises


class Classifier(nn.Module):
    """A BERT-type encoder (Devlin et al. 2019), the mean of its last states, and one linear layer over topics."""

    def __init__(self, source: Path | str, topics: int, tokens: int, frozen: int, seed: int) -> None:
        """Load the encoder at `source`; its embeddings and lowest `frozen` layers do not learn.

        Raises:
            ModelError: it cannot be loaded.
        """
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils import logging

        super().__init__()
        logging.disable_progress_bar()
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(str(source))
            self.encoder = AutoModel.from_pretrained(str(source), dtype=torch.float32)
        except (OSError, ValueError, KeyError) as error:
            raise ModelError(f"cannot load the encoder {str(source)!r}: {str(error).splitlines()[0]}") from error
        torch.manual_seed(seed)
        self.tokens = tokens
        self.head = nn.Linear(self.encoder.config.hidden_size, topics)
        if frozen:
            for part in (self.encoder.embeddings, *self.encoder.encoder.layer[:frozen]):
                part.requires_grad_(False)

    def forward(self, texts: Sequence[str]) -> Tensor:
        """Logits, [texts, topics]."""
        batch = self._tokenizer(list(texts), padding=True, truncation=True, max_length=self.tokens, return_tensors="pt")
        states = self.encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        logits: Tensor = self.head((states * mask).sum(dim=1) / mask.sum(dim=1))
        return logits

    @torch.no_grad()
    def shares(self, texts: Sequence[str]) -> Floats:
        """P(topic), float64 [texts, topics]."""
        self.eval()
        parts = [
            self(texts[start : start + BATCH]).double().softmax(dim=1).numpy() for start in range(0, len(texts), BATCH)
        ]
        return np.concatenate(parts)


def train(
    classifier: Classifier,
    examples: tuple[list[str], Floats],
    held_out: tuple[list[str], Floats],
    *,
    epochs: int,
    rate: float,
    seed: int,
) -> None:
    """Cross-entropy against the topics' shares; keeps the epoch of least loss on `held_out` and stops after it."""
    learning = [weight for weight in classifier.parameters() if weight.requires_grad]
    optimiser = torch.optim.AdamW(learning, rate)
    batches = -(-len(examples[0]) // BATCH)
    warm = max(1, int(WARM * epochs * batches))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / warm))
    generator = np.random.default_rng(seed)
    best, kept = np.inf, copy.deepcopy(classifier.state_dict())
    for epoch in range(1, epochs + 1):
        classifier.train()
        order = generator.permutation(len(examples[0]))
        for number in track(range(batches), f"encoder-classifier, epoch {epoch}", batches):
            _step(classifier, examples, order[number * BATCH : (number + 1) * BATCH], optimiser)
            schedule.step()
        loss = float(-(held_out[1] * np.log(np.maximum(classifier.shares(held_out[0]), 1e-12))).sum(axis=1).mean())
        if loss >= best:
            break
        best, kept = loss, copy.deepcopy(classifier.state_dict())
    classifier.load_state_dict(kept)


def _step(
    classifier: Classifier,
    examples: tuple[list[str], Floats],
    rows: Ints,
    optimiser: torch.optim.Optimizer,
) -> None:
    truth = torch.from_numpy(examples[1][rows]).float()
    loss: Any = nn.functional.cross_entropy(classifier([examples[0][row] for row in rows]), truth)
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
