"""The one mask builder: how a tree of segments is laid out in one packed sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Slot:
    """One node in the pack: its tokens, its parent's place, and how many of the parent's tokens it sees."""

    tokens: tuple[int, ...]
    parent: int
    offset: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A packed tree of T tokens.

    `ids` and `positions` are int64 [T]; `mask` is bool [T, T], true where the row's token sees the column's;
    `starts` is the first place of each node.
    """

    ids: Tensor
    positions: Tensor
    mask: Tensor
    starts: tuple[int, ...]

    @property
    def length(self) -> int:
        """T."""
        return len(self.ids)


def lay_out(slots: Sequence[Slot]) -> Layout:
    """Pack the slots one after the other.

    A token sees its own segment up to itself, and of each ancestor the part up to where the path leaves it; positions
    go on from there. So every branch reads exactly what it would read alone behind its ancestors. A row is built from
    the parent's row at the place where the node hangs, which already holds all that may be seen further up.
    """
    total = sum(len(slot.tokens) for slot in slots)
    mask = torch.zeros(total, total, dtype=torch.bool)
    positions = torch.empty(total, dtype=torch.long)
    starts: list[int] = []
    begin = 0
    for slot in slots:
        size = len(slot.tokens)
        end = begin + size
        first = 0
        if slot.parent >= 0 and slot.offset > 0:
            hook = starts[slot.parent] + slot.offset - 1
            mask[begin:end, :begin] = mask[hook, :begin]
            first = int(positions[hook]) + 1
        mask[begin:end, begin:end] = torch.ones(size, size, dtype=torch.bool).tril()
        positions[begin:end] = torch.arange(first, first + size)
        starts.append(begin)
        begin = end
    ids = torch.tensor([token for slot in slots for token in slot.tokens], dtype=torch.long)
    return Layout(ids, positions, mask, tuple(starts))
