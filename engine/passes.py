"""One forward pass over several packed trees, each with what is already known of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from engine.attention import NAME
from engine.blocks import Block, blocks_of
from engine.layout import Layout
from engine.stems import Layers


@dataclass(frozen=True, slots=True)
class Job:
    """A layout to read; the keys and values of its first `known` tokens are the first ones in `layers`."""

    layout: Layout
    known: int = 0
    layers: Layers = ()

    @property
    def new(self) -> int:
        """How many tokens go through the model."""
        return self.layout.length - self.known


@dataclass(frozen=True, slots=True)
class Read:
    """A job done: the last hidden states of its new tokens, [new, width], and where its keys and values are."""

    hidden: Tensor
    cache: DynamicCache
    columns: Tensor

    def layers(self, count: int) -> Layers:
        """Keys and values of the first `count` tokens, in tensors of their own."""
        columns = self.columns[:count].to(self.hidden.device)
        return tuple((layer.keys[:, :, columns], layer.values[:, :, columns]) for layer in self.cache.layers)


def packs(jobs: Sequence[Job], budget: int) -> Iterator[list[int]]:
    """The jobs' places in packs of at most `budget` new tokens, jobs of a like length together."""
    pack: list[int] = []
    room = 0
    for place in sorted(range(len(jobs)), key=lambda place: jobs[place].new):
        if pack and jobs[place].new > room:
            yield pack
            pack = []
        if not pack:
            room = budget
        pack.append(place)
        room -= jobs[place].new
    if pack:
        yield pack


@torch.inference_mode()
def read(model: Any, jobs: Sequence[Job]) -> list[Read]:
    """Read all jobs in one pass; none sees another."""
    columns = _columns(jobs)
    cache = _joined(jobs)
    output = model.base_model(
        input_ids=torch.cat([job.layout.ids[job.known :] for job in jobs])[None].to(model.device),
        position_ids=torch.cat([job.layout.positions[job.known :] for job in jobs])[None].to(model.device),
        past_key_values=cache,
        use_cache=True,
        **_sight(model, jobs, columns),
    )
    parts = torch.split(output.last_hidden_state[0], [job.new for job in jobs])
    return [Read(part, cache, own) for part, own in zip(parts, columns, strict=True)]


def _sight(model: Any, jobs: Sequence[Job], columns: Sequence[Tensor]) -> dict[str, Any]:
    """What tells the model who sees whom: blocks where its attention knows them, else a mask."""
    if model.config._attn_implementation == NAME:
        blocks: list[Block] = []
        row = 0
        for job, own in zip(jobs, columns, strict=True):
            blocks += blocks_of(job.layout, job.known, own, row)
            row += job.new
        return {"blocks": blocks}
    masks = [job.layout.mask()[job.known :] for job in jobs]
    mask = torch.zeros(sum(map(len, masks)), sum(map(len, columns)), dtype=torch.bool)
    row = 0
    for part, own in zip(masks, columns, strict=True):
        mask[row : row + len(part), own] = part
        row += len(part)
    return {"attention_mask": mask[None, None].to(model.device)}


def _columns(jobs: Sequence[Job]) -> list[Tensor]:
    """The column of each job's tokens: first come all that is known, then all that is new."""
    found = []
    known, new = 0, sum(job.known for job in jobs)
    for job in jobs:
        found.append(torch.cat([torch.arange(known, known + job.known), torch.arange(new, new + job.new)]))
        known, new = known + job.known, new + job.new
    return found


def _joined(jobs: Sequence[Job]) -> DynamicCache:
    """A cache of the pass's own, with what is known of all jobs."""
    cache = DynamicCache()
    given = [job for job in jobs if job.known]
    for number, layer in enumerate(zip(*(job.layers for job in given), strict=True)):
        keys = torch.cat([one[0][:, :, : job.known] for one, job in zip(layer, given, strict=True)], dim=2)
        values = torch.cat([one[1][:, :, : job.known] for one, job in zip(layer, given, strict=True)], dim=2)
        cache.update(keys, values, number)
    return cache
