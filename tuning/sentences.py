"""Prompts with their answers, packed: those that begin alike share what they begin with, and are read in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from peft.helpers import disable_input_dtype_casting
from torch import Tensor, nn

from engine.layout import Slot, lay_out

Tokens = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens of a prompt's pieces, none of them empty, and of its answer."""

    prompt: tuple[Tokens, ...]
    answer: Tokens

    @property
    def length(self) -> int:
        """Of all of it, in tokens."""
        return sum(map(len, self.prompt)) + len(self.answer)


def packed(sentences: Sequence[Sentence]) -> dict[str, Tensor]:
    """Sentences as one sequence of T tokens, in which each reads what it would read alone.

    `ids` and `positions` are int64 [1, T]; `sight`, bool [1, 1, T, T], is true where the row's token sees the
    column's. `before`, int64 [tokens of all answers], are the places behind which the tokens `wanted` stand.
    """
    slots: list[Slot] = []
    places: dict[tuple[Tokens, ...], int] = {}
    answers = list[int]()
    for sentence in sentences:
        path, parent = tuple[Tokens, ...](), -1
        for piece in sentence.prompt:
            path = (*path, piece)
            if path not in places:
                places[path] = _hang(slots, piece, parent)
            parent = places[path]
        answers.append(_hang(slots, sentence.answer, parent))
    layout = lay_out(slots)
    ends = [start + len(slot.tokens) for start, slot in zip(layout.starts, slots, strict=True)]
    before = [[ends[slots[one].parent] - 1, *range(layout.starts[one], ends[one] - 1)] for one in answers]
    return {
        "ids": layout.ids[None],
        "positions": layout.positions[None],
        "sight": layout.mask()[None, None],
        "before": torch.tensor(sum(before, [])),
        "wanted": torch.tensor([token for one in answers for token in slots[one].tokens]),
    }


def _hang(slots: list[Slot], tokens: Tokens, parent: int) -> int:
    """Add a slot at its parent's end; its place."""
    slots.append(Slot(tokens, parent, len(slots[parent].tokens) if parent >= 0 else 0))
    return len(slots) - 1


class Speaker(nn.Module):
    """A language model and its loss on answers; only where an answer stands is the vocabulary weighed."""

    def __init__(self, language: Any) -> None:
        super().__init__()
        self.language = language

    def forward(
        self, ids: Tensor, positions: Tensor, sight: Tensor, before: Tensor, wanted: Tensor
    ) -> dict[str, Tensor]:
        """The mean loss of a token of the answers, in nats, of what `packed` gave."""
        kind, half = ids.device.type, self.language.dtype != torch.float32
        with disable_input_dtype_casting(self.language), torch.autocast(kind, self.language.dtype, enabled=half):
            read = self.language.base_model(
                input_ids=ids, attention_mask=sight, position_ids=positions, use_cache=False
            ).last_hidden_state
            logits = self.language.get_output_embeddings()(read[0, before])
        return {"loss": nn.functional.cross_entropy(logits.float(), wanted)}
