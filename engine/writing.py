"""Writing on from a stem, token by token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from transformers import DynamicCache

from engine.protocol import WriteLimits
from engine.tokens import Tokens

# A token may hold half a character; the rest comes with the next one.
UNFINISHED = "�"


def write(model: Any, tokens: Tokens, ids: list[int], limits: WriteLimits) -> Iterator[str]:
    """Decode greedily, yielding text as soon as it is certain, up to an end token, a stop text or the limit."""
    ends = model.generation_config.eos_token_id
    ends = set(ends if isinstance(ends, list) else [ends])
    written: list[int] = []
    shown = ""
    for token in _greedy(model, ids, limits.tokens):
        if token in ends:
            break
        written.append(token)
        text, stopped = _before_stop(tokens.decode(written), limits.stop)
        if len(text) > len(shown) and not text.endswith(UNFINISHED):
            yield text[len(shown) :]
            shown = text
        if stopped:
            break


def _greedy(model: Any, ids: list[int], count: int) -> Iterator[int]:
    cache = DynamicCache(config=model.config)
    step = torch.tensor([ids], device=model.device)
    for _ in range(count):
        with torch.inference_mode():
            logits = model(input_ids=step, past_key_values=cache, use_cache=True, logits_to_keep=1).logits
        token = int(logits[0, -1].argmax())
        yield token
        step = torch.tensor([[token]], device=model.device)


def _before_stop(text: str, stops: tuple[str, ...]) -> tuple[str, bool]:
    places = [place for stop in stops if (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)
