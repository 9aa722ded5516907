"""What is read off a hidden state at the end of a branch."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from engine.tokens import Tokens


def log_odds(model: Any, tokens: Tokens, states: Tensor) -> Tensor:
    """Yes minus no, float32 [rows], from hidden states [rows, width].

    The vocabulary's product runs in float32, since bfloat16 would round a logit to 1/8.
    """
    yes, no = model.get_output_embeddings().weight[[tokens.yes, tokens.no]].float()
    # Row by row: a product of one row alone would be summed in another order than one of many.
    found: Tensor = (states.float() * (yes - no)).sum(1)
    return found
