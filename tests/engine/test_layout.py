"""Mask and blocks by definition: a token sees its segment up to itself, and its ancestors up to where it hangs."""

from __future__ import annotations

from unittest.mock import patch

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import Block, blocks_of
from engine.layout import Slot, lay_out


@st.composite
def trees(draw: st.DrawFn) -> list[Slot]:
    slots: list[Slot] = []
    for place in range(draw(st.integers(1, 8))):
        tokens = tuple(range(draw(st.integers(1, 5))))
        parent = draw(st.integers(-1, place - 1))
        offset = draw(st.integers(1, len(slots[parent].tokens))) if parent >= 0 else 0
        slots.append(Slot(tokens, parent, offset))
    return slots


def path(slots: list[Slot], node: int, count: int) -> list[tuple[int, int]]:
    """The (node, token) pairs that the token number `count` of `node` sees, oldest first."""
    own = [(node, token) for token in range(count)]
    slot = slots[node]
    return (path(slots, slot.parent, slot.offset) if slot.parent >= 0 else []) + own


@given(trees())
def test_every_token_sees_its_own_path_and_nothing_else(slots: list[Slot]) -> None:
    layout = lay_out(slots)
    mask = layout.mask()
    for node, slot in enumerate(slots):
        for token in range(len(slot.tokens)):
            seen = path(slots, node, token + 1)
            expected = torch.zeros(layout.length, dtype=torch.bool)
            expected[[layout.starts[other] + place for other, place in seen]] = True
            row = layout.starts[node] + token
            assert torch.equal(mask[row], expected)
            assert layout.positions[row] == len(seen) - 1


def seen_by_rows(block: Block, total: int) -> dict[int, list[int]]:
    """The columns that each row of a block reads, as the attention reads them."""
    everything = torch.arange(total)
    own = everything[block.own].view(block.count, -1)
    found = {}
    for number, row in enumerate(everything[block.rows].tolist()):
        place = number if block.gather is None else int(block.gather[number])
        run, within = divmod(place, len(block.hidden))
        path = [] if block.path is None else everything[block.path].tolist()
        found[row] = sorted(path + own[run][~block.hidden[within]].tolist())
    return found


@given(trees(), st.data())
def test_blocks_are_the_mask_without_its_empty_part(slots: list[Slot], data: st.DataObject) -> None:
    with patch("engine.blocks.CHUNK", 2):
        layout = lay_out(slots)
        known = data.draw(st.integers(0, len(slots[0].tokens)))
        shift = data.draw(st.integers(0, 3))  # another tree's columns come first
        mask = layout.mask()
        found: dict[int, list[int]] = {}
        for block in blocks_of(layout, known, torch.arange(layout.length) + shift, 0):
            seen = seen_by_rows(block, layout.length + shift)
            assert not found.keys() & seen.keys()
            found.update(seen)
        expected = {row: (mask[row + known].nonzero()[:, 0] + shift).tolist() for row in range(layout.length - known)}
        assert found == expected
