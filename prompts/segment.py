"""A segment of a prompt: whole lines, each known as ours or as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Piece:
    """Text that is tokenised by itself.

    It ends in a newline or a chat marker (a branch, being last, may end anywhere), so that its token ids joined with
    its neighbours' are the ids of the joined text. In a piece of data special tokens are split into plain characters:
    no title can open a turn.
    """

    text: str
    data: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """Pieces in order; another segment may hang after any of them."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The text as the model reads it."""
        return "".join(piece.text for piece in self.pieces)

    def __add__(self, other: Segment) -> Segment:
        return Segment(self.pieces + other.pieces)


class Wording(Protocol):
    """What a renderer must know of a model's tokenizer."""

    def chat(self, turns: Sequence[tuple[str, str]]) -> str:
        """The chat of (role, text) turns and the opening of the assistant's next, by the tokenizer's own template."""
        ...

    def cost(self, segment: Segment) -> int:
        """How many tokens a segment costs."""
        ...

    def cut(self, text: str, tokens: int) -> str:
        """The longest beginning of `text` that costs at most so many tokens."""
        ...


def clean(text: str) -> str:
    """One line without control characters: what is allowed into a prompt from outside."""
    printable = "".join(" " if char.isspace() else char for char in text if char.isprintable() or char.isspace())
    return " ".join(printable.split())
