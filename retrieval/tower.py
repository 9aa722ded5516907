"""The user tower: a causal transformer over sentence embeddings that points at what comes next.

An item's vector is P e + r: its sentence embedding e, projected, and a residual r of its own, which is zero for an item
that was never trained on. A user's state u scores it by u · (P e + r) = [Pᵀu, u] · [e, r]. So the index holds [e, r], a
user's query is [Pᵀu, u], a text's is [q, 0], and a new item is reachable as soon as its text is embedded. The network
is SASRec's (Kang & McAuley 2018) with time gaps, event types and polarities added to its inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from retrieval.encoder import Vectors
from retrieval.trail import NO_ITEM, Floats, Ints, Trail

GAPS = 16  # buckets of time between two events: none, then each twice the logarithm of the one before
SPREAD = 0.02


@dataclass(frozen=True, slots=True)
class TowerShape:
    """How large the network is: the `width` of a state, and the `length` of events that it looks back on."""

    width: int = 64
    layers: int = 2
    length: int = 100
    dropout: float = 0.3


@dataclass(frozen=True, slots=True)
class Batch:
    """Trails side by side, filled up on the right: items, gaps and signals, int64 [trails, longest]."""

    items: Tensor
    gaps: Tensor
    signals: Tensor
    lengths: Tensor


class Tower(nn.Module):
    """Reads trails into states; holds the items' residuals while it is trained."""

    def __init__(self, texts: Vectors, signals: int, shape: TowerShape, seed: int = 0) -> None:
        """`texts`, float32 [items, text width], are the items' sentence embeddings; `signals` is how many there are."""
        super().__init__()
        self.shape = shape
        self.texts: Tensor
        self.register_buffer("texts", torch.from_numpy(np.array(texts, np.float32)), persistent=False)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self._build(texts.shape[1], len(texts), signals)

    def _build(self, text_width: int, items: int, signals: int) -> None:
        shape = self.shape
        self.projection = nn.Linear(text_width, shape.width, bias=False)
        self.residuals = nn.Parameter(torch.empty(items, shape.width))
        self.places = nn.Embedding(shape.length, shape.width)
        self.gaps = nn.Embedding(GAPS, shape.width)
        self.signals = nn.Embedding(signals, shape.width)
        self.dropout = nn.Dropout(shape.dropout)
        layer = nn.TransformerEncoderLayer(
            shape.width, 1, shape.width, shape.dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.body = nn.TransformerEncoder(layer, shape.layers, nn.LayerNorm(shape.width), enable_nested_tensor=False)
        for weight in (self.projection.weight, self.residuals, self.places.weight):
            nn.init.normal_(weight, std=SPREAD)
        for table in (self.gaps, self.signals):
            nn.init.zeros_(table.weight)

    def items(self) -> Tensor:
        """All items' vectors P e + r, float32 [items, width]."""
        found: Tensor = self.projection(self.texts) + self.residuals
        return found

    def forward(self, inputs: Tensor, batch: Batch) -> Tensor:
        """The state after each event, [trails, longest, width], from the events' item vectors of that shape."""
        length = inputs.shape[1]
        states = inputs + self.places.weight[:length] + self.gaps(batch.gaps) + self.signals(batch.signals)
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        found: Tensor = self.body(self.dropout(states), mask=mask, is_causal=True)
        return found

    @torch.no_grad()
    def queries(self, trails: Sequence[Trail], vectors: Vectors) -> Vectors:
        """What to ask the index for, float32 [trails, text width + width]; zeros after an empty trail.

        `vectors` are the index's own, float32 [items, text width + width], which may hold items added since training.
        """
        self.eval()
        found = np.zeros((len(trails), vectors.shape[1]), np.float32)
        rows = [row for row, trail in enumerate(trails) if len(trail)]
        if rows:
            ends = [_end(trails[row], self.shape.length) for row in rows]
            batch = collate(ends)
            states = self(self._inputs(ends, batch, vectors), batch)
            last = states[torch.arange(len(rows)), batch.lengths - 1]
            found[rows] = torch.cat([last @ self.projection.weight, last], dim=1).numpy()
        return found

    def credit(self, trail: Trail, vectors: Vectors, items: Ints) -> Vectors:
        """Gradient times input of the items' inner products, float32 [events, items].

        It is 0 before the last `length` events. `vectors` are the index's own, as for `queries`; the input of an event
        is its item's vector.
        """
        self.eval()
        found = np.zeros((len(trail), len(items)), np.float32)
        if not len(trail):
            return found
        end, width = [_end(trail, self.shape.length)], self.projection.in_features
        batch = collate(end * len(items))
        with torch.no_grad():
            held = torch.from_numpy(vectors[items])
            wanted = self.projection(held[:, :width]) + held[:, width:]
            inputs = self._inputs(end * len(items), batch, vectors)
        inputs.requires_grad_()
        with torch.enable_grad():
            last = self(inputs, batch)[:, -1]
            (gradient,) = torch.autograd.grad((last * wanted).sum(), inputs)
        found[-inputs.shape[1] :] = (gradient * inputs).sum(2).detach().numpy().T
        return found

    @torch.no_grad()
    def attention(self, trail: Trail, vectors: Vectors) -> Vectors:
        """How much the last state of the last layer attends to each event, float32 [events]; they sum to 1.

        To compare with `credit`. `vectors` are the index's own, as for `queries`.
        """
        self.eval()
        found = np.zeros(len(trail), np.float32)
        if not len(trail):
            return found
        end = [_end(trail, self.shape.length)]
        batch, weights = collate(end), list[Tensor]()
        attend = self.body.layers[-1].self_attn

        def see(states: Tensor) -> None:
            weights.append(attend(states, states, states)[1][0, -1])

        hook = self.body.layers[-1].norm1.register_forward_hook(lambda layer, given, states: see(states))
        try:
            self(self._inputs(end, batch, vectors), batch)
        finally:
            hook.remove()
        found[-len(end[0]) :] = weights[0].numpy()
        return found

    @torch.no_grad()
    def log_p(self, trail: Trail, vectors: Vectors) -> Vectors:
        """Log P(next) of all items after each of a trail's last `length` events, float32 [events, items].

        `vectors` are the index's own, as for `queries`.
        """
        self.eval()
        end, width = [_end(trail, self.shape.length)], self.projection.in_features
        batch, held = collate(end), torch.from_numpy(vectors)
        states = self(self._inputs(end, batch, vectors), batch)[0]
        items = self.projection(held[:, :width]) + held[:, width:]
        found: Vectors = (states @ items.T).log_softmax(1).numpy()
        return found

    def _inputs(self, trails: Sequence[Trail], batch: Batch, vectors: Vectors) -> Tensor:
        rows = vectors[batch.items.clamp(min=0).numpy()]
        rows[batch.items.numpy() == NO_ITEM] = 0.0
        width = self.projection.in_features
        for row, trail in enumerate(trails):
            for place, written in trail.written.items():
                rows[row, place, :width] = written
        both = torch.from_numpy(rows)
        found: Tensor = self.projection(both[..., :width]) + both[..., width:]
        return found


def collate(trails: Sequence[Trail]) -> Batch:
    """The trails side by side."""
    lengths = torch.tensor([len(trail) for trail in trails])
    gaps = [gap_buckets(trail.times) for trail in trails]
    return Batch(
        _filled([trail.items for trail in trails]), _filled(gaps), _filled([trail.signals for trail in trails]), lengths
    )


def gap_buckets(times: Floats) -> Ints:
    """The bucket of the time since the event before: 0 for none, else 1 + log2(seconds) / 2, whole."""
    gaps = np.diff(times, prepend=times[:1])
    return np.where(gaps <= 0, 0, 1 + np.log2(np.maximum(gaps, 1)) // 2).clip(max=GAPS - 1).astype(np.int64)


def _end(trail: Trail, length: int) -> Trail:
    start = max(0, len(trail) - length)
    written = {place - start: vector for place, vector in trail.written.items() if place >= start}
    return Trail(trail.items[start:], trail.times[start:], trail.signals[start:], written)


def _filled(rows: Sequence[Ints]) -> Tensor:
    longest = max(map(len, rows))
    return torch.from_numpy(np.stack([np.pad(row, (0, longest - len(row))) for row in rows]))
