"""Attention over blocks, offered to transformers under the name `blocks`.

softmax(q Kᵀ) V of a row is taken apart into the path and the row's own run, with one maximum and one sum for both. The
sums come out of the matrix products themselves, as further columns of ones beside V: so zeros that a longer run puts
behind a row change nothing, not even the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from engine.blocks import Block

NAME = "blocks"
ONES = 8  # columns beside V; one is needed, but a width of a multiple of 8 keeps the product fast


def attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float = 1.0,
    dropout: float = 0.0,
    blocks: Sequence[Block] | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention as transformers calls it: query [1, heads, rows, D], key and value [1, key heads, columns, D].

    Without `blocks` it is the library's own. Gives [1, rows, heads, D].
    """
    if blocks is None:
        return sdpa_attention_forward(  # type: ignore[no-any-return]
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **others
        )
    key, value = key[0], value[0]
    value = torch.cat([value, value.new_ones(*value.shape[:2], ONES)], dim=-1)
    rows = (query[0] * scaling).view(len(key), -1, *query.shape[2:])
    found = torch.empty_like(rows)
    for block in blocks:
        found[:, :, block.rows] = _attend(rows[:, :, block.rows], key, value, block)
    return found.flatten(0, 1).transpose(0, 1)[None], None


def _attend(rows: Tensor, key: Tensor, value: Tensor, block: Block) -> Tensor:
    """One block's rows, [key heads, groups, r, D]."""
    heads, groups, count, width = rows.shape
    near = _near(rows, key, block)
    top = _flat(near.amax(-1, keepdim=True), block)
    if block.path is None:
        summed = _flat(_near_sum(near.sub_(_padded(top, block)).exp_(), value, block), block)
    else:
        far = torch.bmm(rows.reshape(heads, -1, width), key[:, block.path].transpose(1, 2))
        top = torch.maximum(top, far.amax(-1, keepdim=True).view(heads, groups, count, 1))
        far = far.sub_(top.reshape(heads, -1, 1)).exp_()
        summed = torch.bmm(far, value[:, block.path]).view(heads, groups, count, -1)
        summed += _flat(_near_sum(near.sub_(_padded(top, block)).exp_(), value, block), block)
    return summed[..., :width] / summed[..., width : width + 1]


def _near(rows: Tensor, key: Tensor, block: Block) -> Tensor:
    """The rows' logits within their own runs, [key heads, runs, groups, L, C]."""
    heads, groups, _, width = rows.shape
    padded = _padded(rows, block).reshape(heads * block.count, -1, width)
    own = key[:, block.own].reshape(heads * block.count, -1, width)
    logits = torch.bmm(padded, own.transpose(1, 2)).view(heads, block.count, groups, *block.hidden.shape)
    return logits.masked_fill_(block.hidden, -torch.inf)


def _near_sum(weights: Tensor, value: Tensor, block: Block) -> Tensor:
    """The weighted values of the runs, [key heads, runs, groups, L, width of `value`]."""
    heads, width = len(value), value.shape[-1]
    own = value[:, block.own].reshape(heads * block.count, -1, width)
    flat = weights.view(heads * block.count, -1, weights.shape[-1])
    return torch.bmm(flat, own).view(*weights.shape[:-1], width)


def _padded(rows: Tensor, block: Block) -> Tensor:
    """[key heads, groups, r, n] as [key heads, runs, groups, L, n]."""
    if block.spread is None:
        return rows[:, None]
    heads, groups, _, width = rows.shape
    return rows[:, :, block.spread].view(heads, groups, block.count, -1, width).transpose(1, 2)


def _flat(padded: Tensor, block: Block) -> Tensor:
    """The reverse of `_padded`."""
    return padded[:, 0] if block.gather is None else padded.transpose(1, 2).flatten(2, 3)[:, :, block.gather]


AttentionInterface.register(NAME, attention)
AttentionMaskInterface.register(NAME, sdpa_mask)
