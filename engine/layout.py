"""How a tree of segments is laid out in one sequence: what each token reads, and at which position."""

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

    `ids` and `positions` are int64 [T]; `starts` is the first place of each node, and `paths` holds for each node the
    places before it that all its tokens see, int64, oldest first.
    """

    slots: tuple[Slot, ...]
    ids: Tensor
    positions: Tensor
    starts: tuple[int, ...]
    paths: tuple[Tensor, ...]

    @property
    def length(self) -> int:
        """T."""
        return len(self.ids)

    def mask(self) -> Tensor:
        """Bool [T, T], true where the row's token sees the column's."""
        mask = torch.zeros(self.length, self.length, dtype=torch.bool)
        for slot, start, path in zip(self.slots, self.starts, self.paths, strict=True):
            own = slice(start, start + len(slot.tokens))
            mask[own, path] = True
            mask[own, own] = torch.ones(len(slot.tokens), len(slot.tokens), dtype=torch.bool).tril()
        return mask


def lay_out(slots: Sequence[Slot]) -> Layout:
    """Pack the slots one after the other.

    A token sees its own segment up to itself, and of each ancestor the part up to where the path leaves it; positions
    go on from there. So every branch reads exactly what it would read alone behind its ancestors.
    """
    starts: list[int] = []
    paths: list[Tensor] = []
    positions: list[Tensor] = []
    hooks: dict[tuple[int, int], Tensor] = {(-1, 0): torch.empty(0, dtype=torch.long)}
    begin = 0
    for slot in slots:
        hook = (slot.parent, slot.offset) if slot.parent >= 0 else (-1, 0)
        if hook not in hooks:
            start = starts[slot.parent]
            hooks[hook] = torch.cat([paths[slot.parent], torch.arange(start, start + slot.offset)])
        path = hooks[hook]
        starts.append(begin)
        paths.append(path)
        positions.append(torch.arange(len(path), len(path) + len(slot.tokens)))
        begin += len(slot.tokens)
    ids = torch.tensor([token for slot in slots for token in slot.tokens], dtype=torch.long)
    return Layout(tuple(slots), ids, torch.cat(positions), tuple(starts), tuple(paths))
