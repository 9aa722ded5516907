"""Which tokens attend together: a packed tree as blocks of rows that read the same columns.

A dense mask makes the model multiply what nobody may see: over half of it for a stem with twenty branches. A block
holds runs of tokens that share one path: all of it is visible to all of them, so that part needs no mask, and each run
reads itself under a small triangle. What a row reads, and in which order it is summed up, depends on its own path and
run alone, so that a score is the same to the bit whatever else is in the pass and whatever came from a cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.layout import Layout

CHUNK = 128  # tokens of a long run in one block: what lies before the chunk needs no mask
Places = slice | Tensor


@dataclass(frozen=True, slots=True)
class Block:
    """`count` runs of at most L rows that read the same path, and each itself.

    `rows` are the r new tokens; `path` the columns that all read, None for none; `own` the columns of the runs,
    [count * C]; `hidden`, bool [L, C], is true where a row does not see a column of its run. Runs differ in length:
    `spread`, [count * L], says which row fills each place of the padded runs, and `gather`, [r], where each row is in
    them; both are None for a single run.
    """

    rows: Places
    path: Places | None
    own: Places
    count: int
    hidden: Tensor
    spread: Tensor | None = None
    gather: Tensor | None = None


def blocks_of(layout: Layout, known: int, columns: Tensor, first_row: int) -> Iterator[Block]:
    """The blocks of a layout whose first `known` tokens come from a cache.

    `columns`, int64 [T], is the column of each token's key; the first new token is row `first_row`.
    """
    families: dict[tuple[int, int], list[int]] = {}
    for node, slot in enumerate(layout.slots):
        if layout.starts[node] + len(slot.tokens) <= known:
            continue
        if slot.parent < 0 or len(slot.tokens) > CHUNK:
            yield from _chunks(layout, node, known, columns, first_row)
        elif slot.tokens:
            families.setdefault((slot.parent, slot.offset), []).append(node)
    for nodes in families.values():
        yield _family(layout, nodes, columns, first_row - known)


def _chunks(layout: Layout, node: int, known: int, columns: Tensor, first_row: int) -> Iterator[Block]:
    """A run in chunks at fixed places, so that a row's sums are the same however much of the run is known."""
    own = torch.arange(layout.starts[node], layout.starts[node] + len(layout.slots[node].tokens))
    for start in range(0, len(own), CHUNK):
        chunk = own[start : start + CHUNK]
        new = chunk[chunk >= known]
        if not len(new):
            continue
        before = columns[torch.cat([layout.paths[node], own[:start]])]
        seen = torch.arange(len(chunk))
        hidden = seen > seen[chunk >= known][:, None]
        rows = new - known + first_row
        yield Block(_tight(rows), _tight(before) if len(before) else None, _tight(columns[chunk]), 1, hidden)


def _family(layout: Layout, nodes: Sequence[int], columns: Tensor, shift: int) -> Block:
    """Runs that hang on the same place, side by side."""
    starts = torch.tensor([layout.starts[node] for node in nodes])
    sizes = torch.tensor([len(layout.slots[node].tokens) for node in nodes])
    longest = int(sizes.max())
    within = torch.arange(longest)
    real = within < sizes[:, None]
    places = starts[:, None] + torch.where(real, within, 0)
    rows = places[real] + shift
    spread = torch.zeros_like(places)
    spread[real] = torch.arange(len(rows))
    path = columns[layout.paths[nodes[0]]]
    return Block(
        rows=_tight(rows),
        path=_tight(path) if len(path) else None,
        own=columns[places.flatten()],
        count=len(nodes),
        hidden=within > within[:, None],
        spread=spread.flatten(),
        gather=real.flatten().nonzero()[:, 0],
    )


def _tight(places: Tensor) -> Places:
    """A slice, which copies nothing, where the places follow one another."""
    first, count = int(places[0]), len(places)
    if int(places[-1]) - first + 1 == count and bool((places.diff() == 1).all()):
        return slice(first, first + count)
    return places
