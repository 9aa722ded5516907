"""The tokenizer behind the segments."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from prompts.segment import Piece, Segment
from workspace.errors import ModelError


class Tokens:
    """Turns segments into token ids; data can never become a special token."""

    def __init__(self, tokenizer: Any) -> None:
        """Wrap a fast tokenizer of transformers.

        Raises:
            ModelError: the tokenizer has no chat template, so the model is not instruction-tuned.
        """
        if not tokenizer.chat_template:
            raise ModelError(f"{tokenizer.name_or_path} has no chat template; choose an instruction-tuned model")
        # Whether special tokens are split is a state of the tokenizer, which another thread may be changing: one each.
        self._ours, self._data = tokenizer, deepcopy(tokenizer)
        self.yes, self.no = (self._ids(Piece(word))[0] for word in (" yes", " no"))

    def chat(self, turns: Sequence[tuple[str, str]]) -> str:
        """The chat of (role, text) turns and the opening of the assistant's next, by the tokenizer's own template."""
        told = [{"role": role, "content": text} for role, text in turns]
        return str(self._ours.apply_chat_template(told, tokenize=False, add_generation_prompt=True))

    def cut(self, text: str, tokens: int) -> str:
        """The longest beginning of `text` that costs at most so many tokens."""
        # A token holds at most a few dozen characters: what lies beyond cannot matter, and need not be tokenised.
        text = text[: tokens * 64]
        offsets = self._encode(text, return_offsets_mapping=True)["offset_mapping"]
        return text if len(offsets) <= tokens else text[: offsets[tokens][0]].rstrip()

    def cost(self, segment: Segment) -> int:
        """How many tokens a segment costs."""
        return sum(map(len, self.encode(segment)))

    def encode(self, segment: Segment) -> list[list[int]]:
        """The token ids of each piece; joined they are the ids of the segment's text."""
        return [self._ids(piece) for piece in segment.pieces]

    def encode_text(self, text: str) -> list[int]:
        """The token ids of our own text, in which chat markers count as such."""
        return self._ids(Piece(text, data=False))

    def decode(self, ids: list[int]) -> str:
        """The text of token ids, special tokens left out."""
        return str(self._ours.decode(ids, skip_special_tokens=True))

    def _ids(self, piece: Piece) -> list[int]:
        return list(self._encode(piece.text, split_special_tokens=piece.data)["input_ids"])

    def _encode(self, text: str, split_special_tokens: bool = True, **options: Any) -> Any:
        tokenizer = self._data if split_special_tokens else self._ours
        return tokenizer(text, add_special_tokens=False, split_special_tokens=split_special_tokens, **options)
