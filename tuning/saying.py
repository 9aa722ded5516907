"""What a question's items are worth, from the hidden states at its leaves: by branches, or by the letters of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from engine.reading import ReadingHead
from tuning.reader import ReadingBatch

Say = Callable[[Any, ReadingHead, Tensor, ReadingBatch], Tensor]
BRANCHES, LETTERS = "yes-no", "letters"


def by_branches(model: Any, head: ReadingHead, ends: Tensor, batch: ReadingBatch) -> Tensor:
    """What the head says of each item at the end of its branch, float32 [questions, most branches]."""
    asked = batch.offsets.isfinite()
    values = head.each(ends, batch.items[asked])
    return torch.full_like(batch.offsets, -torch.inf).masked_scatter(asked, values)


def by_letters(model: Any, head: ReadingHead, ends: Tensor, batch: ReadingBatch) -> Tensor:
    """The logits of the items' letters where the list ends, float32 [questions, most branches] (LlamaRec)."""
    letters = model.get_output_embeddings().weight[batch.answers].float()
    logits = torch.einsum("qw,qiw->qi", ends.float(), letters)
    return logits.masked_fill(~batch.offsets.isfinite(), -torch.inf)


SAY: Mapping[str, Say] = {BRANCHES: by_branches, LETTERS: by_letters}
