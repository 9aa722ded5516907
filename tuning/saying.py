"""What a question's items are worth, from the hidden states at its leaves: by branches, or by the letters of a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from engine.readouts import log_odds
from engine.tokens import Tokens
from tuning.reader import ReadingBatch

Say = Callable[[Any, Tokens, Tensor, ReadingBatch], Tensor]
BRANCHES, LETTERS = "yes-no", "letters"


def by_branches(model: Any, tokens: Tokens, ends: Tensor, batch: ReadingBatch) -> Tensor:
    """The log-odds of yes at the end of each branch, float32 [questions, most branches]."""
    empty = torch.full_like(batch.offsets, -torch.inf)
    return empty.masked_scatter(batch.offsets.isfinite(), log_odds(model, tokens, ends))


def by_letters(model: Any, tokens: Tokens, ends: Tensor, batch: ReadingBatch) -> Tensor:
    """The logits of the items' letters where the list ends, float32 [questions, most branches] (LlamaRec)."""
    letters = model.get_output_embeddings().weight[batch.answers].float()
    logits = torch.einsum("qw,qiw->qi", ends.float(), letters)
    return logits.masked_fill(~batch.offsets.isfinite(), -torch.inf)


SAY: Mapping[str, Say] = {BRANCHES: by_branches, LETTERS: by_letters}
