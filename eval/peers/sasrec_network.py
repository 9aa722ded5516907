"""SASRec's network and its training loop: the only part of the peer that needs torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from eval.interactions import Floats, Ints

BATCH = 64


class Network(nn.Module):
    """Causal self-attention over a sequence of items (Kang & McAuley 2018), item i as number i + 1, 0 for padding."""

    def __init__(self, items: int, width: int, layers: int, length: int, dropout: float) -> None:
        super().__init__()
        self.length = length
        self.items = nn.Embedding(items + 1, width, padding_idx=0)
        self.places = nn.Embedding(length, width)
        self.dropout = nn.Dropout(dropout)
        layer = nn.TransformerEncoderLayer(
            width, 1, width, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.body = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width), enable_nested_tensor=False)
        nn.init.normal_(self.items.weight, std=0.02)
        nn.init.normal_(self.places.weight, std=0.02)

    def forward(self, sequences: Tensor) -> Tensor:
        """The states after each place, [sequences, length, width], sequences being filled up right."""
        length = sequences.shape[1]
        states = self.dropout(self.items(sequences) + self.places.weight[:length])
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        found: Tensor = self.body(states, mask=mask, is_causal=True)
        return found

    def logits(self, states: Tensor) -> Tensor:
        """The next item's logits, [n, items], from states [n, width]."""
        return states @ self.items.weight[1:].T


def train(network: Network, sequences: Sequence[Ints], epochs: int, rate: float, seed: int) -> Iterator[int]:
    """Train with full cross-entropy on every place; gives the epoch's number, from 1, after each.

    Sequences longer than the network's are cut into parts that follow one another.
    """
    generator = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=0.0)
    step = network.length
    parts = [
        sequence[start : start + step + 1] for sequence in sequences for start in range(0, len(sequence) - 1, step)
    ]
    for epoch in range(1, epochs + 1):
        network.train()
        order = generator.permutation(len(parts))
        for start in range(0, len(parts), BATCH):
            batch = padded([parts[place] for place in order[start : start + BATCH]])
            following = batch[:, 1:]
            there = following > 0
            logits = network.logits(network(batch[:, :-1])[there])
            loss: Any = nn.functional.cross_entropy(logits, following[there] - 1)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        yield epoch


@torch.no_grad()
def last_logits(network: Network, histories: Sequence[Ints]) -> Floats:
    """Logits after each whole history, float64 [histories, items]; an empty history gives zeros."""
    network.eval()
    found = np.zeros((len(histories), network.items.num_embeddings - 1))
    filled = [place for place, history in enumerate(histories) if len(history)]
    for start in range(0, len(filled), BATCH):
        rows = filled[start : start + BATCH]
        batch = [histories[row][-network.length :] for row in rows]
        ends = torch.tensor([len(history) - 1 for history in batch])
        states = network(padded(batch))[torch.arange(len(batch)), ends]
        found[rows] = network.logits(states).double().numpy()
    return found


def padded(sequences: Sequence[Ints]) -> Tensor:
    """Sequences as item numbers from 1, filled up with 0 on the right, int64 [sequences, longest]."""
    longest = max(map(len, sequences))
    return torch.from_numpy(np.stack([np.pad(sequence + 1, (0, longest - len(sequence))) for sequence in sequences]))
