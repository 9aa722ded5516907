"""The mask against its definition: a token sees its segment up to itself, and its ancestors up to where it hangs."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

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
    for node, slot in enumerate(slots):
        for token in range(len(slot.tokens)):
            seen = path(slots, node, token + 1)
            expected = torch.zeros(layout.length, dtype=torch.bool)
            expected[[layout.starts[other] + place for other, place in seen]] = True
            row = layout.starts[node] + token
            assert torch.equal(layout.mask[row], expected)
            assert layout.positions[row] == len(seen) - 1
