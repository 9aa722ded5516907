"""Training the user tower: a softmax over the catalogue after every event, stopped early by validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from retrieval.encoder import Vectors
from retrieval.tower import Batch, Tower, TowerShape, collate
from retrieval.trail import Ints, Trail, flat
from workspace.errors import ForetasteError
from workspace.progress import track

BATCH_EVENTS = 2_000
BUCKET_EVENTS = 8 * BATCH_EVENTS  # trails sorted by length together, so that a batch has little to fill up
MANY_EVENTS = 500_000
LOOKED_AT = 32  # validation trails at once
FULL_SOFTMAX = 20_000  # items; of larger catalogues `NEGATIVES` are drawn
NEGATIVES = 4_096
UNTRAINED = 0.05  # share of the residuals hidden in a step, so that the text alone learns to speak for an item


@dataclass(frozen=True, slots=True)
class Recipe:
    """How long to train: at most `epochs`, looking at validation after every `every`th, and `patience` looks in vain.

    After the best epoch on the training part all events are trained on for `share` as many epochs once more. The rate
    falls from epoch to epoch with `decay`, to nothing after the last; with `half` products are in bfloat16, where the
    CPU has units for them.
    """

    epochs: int = 90
    every: int = 3
    patience: int = 5
    share: float = 0.15
    rate: float = 1e-3
    decay: bool = False
    half: bool = False
    seed: int = 0
    shape: TowerShape = field(default_factory=TowerShape)


RECIPES = {"full": Recipe(), "short": Recipe(epochs=15)}
WIDE = Recipe(epochs=30, rate=1.5e-3, decay=True, half=True, shape=TowerShape(width=128, length=200, dropout=0.2))
WIDE_RECIPES = {"full": WIDE, "short": replace(WIDE, epochs=9)}


def recipe_for(name: str, trails: Sequence[Trail], seed: int) -> Recipe:
    """The recipe of that name: many events pay for a wider tower that looks back further."""
    many = sum(map(len, trails)) >= MANY_EVENTS
    return replace((WIDE_RECIPES if many else RECIPES)[name], seed=seed)


@dataclass(frozen=True, slots=True)
class Held:
    """Validation: trails, the place of what came next, int64 [trails], and what may come, bool [trails, items]."""

    trails: Sequence[Trail]
    targets: NDArray[np.int64]
    allowed: NDArray[np.bool_]


def train(tower: Tower, trails: Sequence[Trail], held: Held | None, recipe: Recipe) -> int:
    """Train `tower` in place on every event of `trails`; gives the number of epochs that was best.

    With `held` it ends with the weights of the epoch that gave those targets the greatest likelihood.
    """
    best, best_epoch, kept = -np.inf, recipe.epochs, None
    for epoch in track(_epochs(tower, trails, recipe), "training the user tower", recipe.epochs):
        if held is None or (epoch % recipe.every and epoch < recipe.epochs):
            continue
        found = log_likelihood(tower, held)
        if not np.isfinite(found):
            raise ForetasteError(f"the user tower's likelihood became {found} in epoch {epoch}: try another --seed")
        if found > best:
            best, best_epoch = found, epoch
            kept = {name: value.clone() for name, value in tower.state_dict().items()}
        elif epoch - best_epoch >= recipe.patience * recipe.every:
            break
    if kept is not None:
        tower.load_state_dict(kept)
    return best_epoch


def log_likelihood(tower: Tower, held: Held) -> float:
    """The mean log-likelihood of the held targets, in nats, among what is allowed."""
    vectors = index_vectors(tower)
    found = []
    for start in range(0, len(held.trails), LOOKED_AT):
        part = slice(start, start + LOOKED_AT)
        logits = torch.from_numpy(tower.queries(held.trails[part], vectors) @ vectors.T)
        logits[~torch.from_numpy(held.allowed[part])] = -torch.inf
        found.append(-nn.functional.cross_entropy(logits, torch.from_numpy(held.targets[part]), reduction="none"))
    return float(torch.cat(found).mean())


def index_vectors(tower: Tower) -> Vectors:
    """What the index holds of each item: [e, r], float32 [items, text width + width]."""
    with torch.no_grad():
        found: Vectors = torch.cat([tower.texts, tower.residuals], dim=1).numpy()
    return found


def again(recipe: Recipe, epochs: int) -> Recipe:
    """The recipe for going on with all events after the best epoch; a rate that decays does so from where it was."""
    rate = recipe.rate * recipe.share if recipe.decay else recipe.rate
    return replace(recipe, epochs=max(1, round(recipe.share * epochs)), rate=rate, seed=recipe.seed + 1)


def _epochs(tower: Tower, trails: Sequence[Trail], recipe: Recipe) -> Iterator[int]:
    generator = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    optimiser = torch.optim.AdamW(tower.parameters(), recipe.rate, weight_decay=0.0)
    counts = np.bincount(flat(trails)[1], minlength=len(tower.residuals))
    with torch.no_grad():
        tower.residuals[torch.from_numpy(counts == 0)] = 0.0
    trained = torch.from_numpy(counts > 0)[:, None]
    half = recipe.half and torch.ops.mkldnn._is_mkldnn_bf16_supported()
    for epoch in range(1, recipe.epochs + 1):
        tower.train()
        if recipe.decay:
            optimiser.param_groups[0]["lr"] = recipe.rate * (1 - (epoch - 1) / recipe.epochs)
        for batch in _batches(trails, recipe.shape.length, generator):
            optimiser.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=half):
                loss = _loss(tower, batch, trained, counts, generator)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        yield epoch


def _loss(
    tower: Tower, batch: Batch, trained: Tensor, counts: NDArray[np.int64], generator: np.random.Generator
) -> Tensor:
    """Cross-entropy of each next item, over the catalogue or over drawn items with log Q taken off (Bengio 2008)."""
    shown = trained & (torch.rand(len(trained), 1) >= UNTRAINED)
    items = tower.projection(tower.texts) + tower.residuals * shown
    there = torch.arange(batch.items.shape[1] - 1) < batch.lengths[:, None] - 1
    earlier = Batch(batch.items[:, :-1], batch.gaps[:, :-1], batch.signals[:, :-1], batch.lengths - 1)
    states = tower(items[earlier.items], earlier)[there]
    following = batch.items[:, 1:][there]
    if len(items) <= FULL_SOFTMAX:
        return nn.functional.cross_entropy(states @ items.T, following)
    q = (counts + 1.0) / (counts + 1.0).sum()
    drawn = torch.from_numpy(np.unique(generator.choice(len(q), NEGATIVES, p=q)))
    log_q = torch.from_numpy(np.log(-np.expm1(NEGATIVES * np.log1p(-q)))).float()  # of being drawn at all
    others = states @ items[drawn].T - log_q[drawn]
    others = others.masked_fill(drawn == following[:, None], -torch.inf)
    target = (states * items[following]).sum(1, keepdim=True) - log_q[following][:, None]
    return nn.functional.cross_entropy(torch.cat([target, others], 1), torch.zeros(len(following), dtype=torch.long))


def _batches(trails: Sequence[Trail], length: int, generator: np.random.Generator) -> Iterator[Batch]:
    """One epoch: every event once, long trails cut at a place that differs from epoch to epoch."""
    parts = [part for trail in trails for part in _cut(trail, length, int(generator.integers(length)))]
    lengths = np.array([len(part) for part in parts], np.int64)
    buckets = _runs(generator.permutation(len(parts)), lengths, BUCKET_EVENTS)
    by_length = [bucket[np.argsort(lengths[bucket], kind="stable")] for bucket in buckets]
    batches = [batch for bucket in by_length for batch in _runs(bucket, lengths, BATCH_EVENTS)]
    for place in generator.permutation(len(batches)):
        yield collate([parts[row] for row in batches[place]])


def _runs(rows: Ints, lengths: Ints, events: int) -> list[Ints]:
    """The rows cut into runs of about so many events."""
    return np.split(rows, np.flatnonzero(np.diff(np.cumsum(lengths[rows]) // events)) + 1) if len(rows) else []


def _cut(trail: Trail, length: int, offset: int) -> Iterator[Trail]:
    """Parts of at most `length` + 1 events that follow one another and share an event."""
    last = len(trail) - 1
    cuts = [0, *range(offset if last > length and offset else length, last, length), last]
    for start, end in zip(cuts, cuts[1:], strict=False):
        if end > start:
            part = slice(start, end + 1)
            yield Trail(trail.items[part], trail.times[part], trail.signals[part])
