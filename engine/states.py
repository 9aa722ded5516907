"""What a model has in mind after a stem: the hidden state of its last token, for the reading head."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from engine.layout import Slot, lay_out
from engine.passes import Job, packs, read
from engine.stems import Stem, StemCache

LEAST = 4  # tokens that a pass reads: products of fewer rows are summed in an order of their own


def read_states(model: Any, stems: Sequence[Sequence[int]], cache: StemCache, maker: str, budget: int) -> Tensor:
    """The last hidden state of each stem, [stems, width], in packed passes of about `budget` tokens.

    What the cache holds of a stem is not read again but for its last tokens, and what is read is kept.
    """
    jobs = [_job(ids, cache, maker) for ids in stems]
    found: list[Tensor] = [torch.empty(0)] * len(jobs)
    for pack in packs(jobs, budget):
        for place, done in zip(pack, read(model, [jobs[place] for place in pack]), strict=True):
            found[place] = done.hidden[-1]
            if cache.limit:
                ids = np.array(stems[place])
                cache.keep(maker, Stem(ids, done.layers(len(ids))))
    return torch.stack(found)


def _job(ids: Sequence[int], cache: StemCache, maker: str) -> Job:
    layout = lay_out([Slot(tuple(ids), -1, 0)])
    stem, common = cache.find(maker, ids)
    if stem is None:
        return Job(layout)
    known = max(0, min(common, len(ids) - LEAST))
    return Job(layout, known, tuple((keys[:, :, :known], values[:, :, :known]) for keys, values in stem.layers))
