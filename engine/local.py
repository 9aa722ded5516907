"""The engine on this machine: a transformers model, one packed pass a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear
from transformers import DynamicCache

from engine.layout import Layout, Slot, lay_out
from engine.loading import load_model
from engine.protocol import Readout, Scores, Tree, WriteLimits
from engine.tokens import Tokens
from engine.writing import write
from prompts.segment import Segment
from workspace.errors import ModelError
from workspace.settings import Precision

HEAD_ROWS = 256  # of a vocabulary's logits at a time


@dataclass(frozen=True, slots=True)
class Prefix:
    """A trunk that has been read: its hidden states, [T, width], and its keys and values."""

    hidden: Tensor
    cache: DynamicCache


class LocalEngine:
    """Scores and writes with one causal language model that transformers holds."""

    def __init__(self, source: Path | str, precision: Precision, pack_tokens: int = 4096, threads: int = 0) -> None:
        """Load the model at `source`; a pack holds at most `pack_tokens` tokens; `threads` 0 takes all cores.

        Raises:
            ModelError: the model cannot be loaded or is not instruction-tuned.
        """
        if threads:
            torch.set_num_threads(threads)
        self.model, tokenizer = load_model(source, precision)
        self._tokens = Tokens(tokenizer)
        self.pack_tokens = pack_tokens
        self._label = f"{Path(source).name} ({precision})"

    @property
    def name(self) -> str:
        """The model's name and precision."""
        return self._label

    @property
    def tokens(self) -> Tokens:
        """The model's tokenizer."""
        return self._tokens

    @torch.inference_mode()
    def score(self, tree: Tree) -> Scores:
        """Score every branch in one packed pass; past the token budget, the trunk once and the branches in packs.

        Branches are packed in the order of their token ids, so that the order in which they are given cannot matter.

        Raises:
            ModelError: a branch with all that it hangs on is longer than the model's context.
        """
        slots = self._slots(tree)
        leaves = sorted(tree.leaves(), key=lambda place: slots[place].tokens)
        if not leaves:
            return Scores(np.zeros(0), 0)
        chosen = set(leaves)
        trunk = [place for place in range(len(slots)) if place not in chosen]
        self._check_context(max(_depth(slots, place) for place in leaves))
        trunk_size = sum(len(slots[place].tokens) for place in trunk)
        packs = self._packs(slots, leaves, self.pack_tokens - trunk_size)
        known = self._prefill(slots, trunk) if trunk and packs != [leaves] else None
        values: dict[int, float] = {}
        for pack in packs:
            values.update(zip(pack, self._score_pack(slots, trunk, pack, tree.readout, known), strict=True))
        tokens = sum(len(slot.tokens) for slot in slots)
        return Scores(np.array([values[place] for place in tree.leaves()]), tokens)

    def write(self, stem: Segment, limits: WriteLimits) -> Iterator[str]:
        """Write on from the stem, greedily, yielding text as it comes."""
        ids = [token for piece in self._tokens.encode(stem) for token in piece]
        self._check_context(len(ids) + limits.tokens)
        return write(self.model, self._tokens, ids, limits)

    def _slots(self, tree: Tree) -> list[Slot]:
        encoded = [self._tokens.encode(node.segment) for node in tree.nodes]
        slots = []
        for node, pieces in zip(tree.nodes, encoded, strict=True):
            hung_on = encoded[node.parent][: node.after] if node.parent >= 0 else []
            slots.append(Slot(tuple(token for piece in pieces for token in piece), node.parent, sum(map(len, hung_on))))
        return slots

    def _packs(self, slots: Sequence[Slot], leaves: list[int], room: int) -> list[list[int]]:
        """Cut the leaves, in order, into packs of at most the token budget; `room` is what the trunk leaves of it."""
        if sum(len(slots[place].tokens) for place in leaves) <= room:
            return [leaves]
        # Over a cache of the trunk a pack's room is the whole budget.
        packs: list[list[int]] = []
        room = 0
        for place in leaves:
            size = len(slots[place].tokens)
            if size > room or not packs:
                packs.append([])
                room = self.pack_tokens
            packs[-1].append(place)
            room -= size
        return packs

    def _prefill(self, slots: Sequence[Slot], trunk: list[int]) -> Prefix:
        cache = DynamicCache(config=self.model.config)
        layout = lay_out(_renumbered(slots, trunk))
        return Prefix(self._forward(layout, cache=cache), cache)

    def _score_pack(
        self, slots: Sequence[Slot], trunk: list[int], pack: list[int], readout: Readout, known: Prefix | None
    ) -> list[float]:
        packed = _renumbered(slots, trunk + pack)
        layout = lay_out(packed)
        if known is None:
            hidden = self._forward(layout)
        else:
            size = len(known.hidden)
            hidden = torch.cat([known.hidden, self._forward(layout, size, known.cache)])
            known.cache.crop(size - layout.length)
        rows = [_rows(packed, layout, place, readout) for place in range(len(trunk), len(packed))]
        # The head runs in float32, since bfloat16 would round a logit to 1/8, and on the rows that are read alone.
        head = self.model.get_output_embeddings().weight
        if readout == "yes-no":
            logits = linear(hidden[torch.cat(rows)].float(), head[[self._tokens.yes, self._tokens.no]].float())
            return [float(yes - no) for yes, no in logits]
        read = torch.cat(rows)
        expected = torch.tensor([token for place in pack for token in slots[place].tokens])
        found = _log_likelihoods(hidden[read], head.float(), expected.to(hidden.device))
        return [float(part.sum()) for part in torch.split(found, [len(row) for row in rows])]

    def _forward(self, layout: Layout, known: int = 0, cache: DynamicCache | None = None) -> Tensor:
        """The last hidden states, [T - known, width], of the tokens past the `known` ones that the cache holds."""
        device = self.model.device
        output = self.model.base_model(
            input_ids=layout.ids[None, known:].to(device),
            position_ids=layout.positions[None, known:].to(device),
            attention_mask=layout.mask[None, None, known:].to(device),
            past_key_values=cache,
            use_cache=cache is not None,
        )
        hidden: Tensor = output.last_hidden_state[0]
        return hidden

    def _check_context(self, tokens: int) -> None:
        limit = self.model.config.max_position_embeddings
        if tokens > limit:
            raise ModelError(
                f"a prompt of {tokens} tokens is longer than the context of {self.name}, {limit}; lower history_over "
                "or item_tokens in the settings"
            )


def _renumbered(slots: Sequence[Slot], places: list[int]) -> list[Slot]:
    """The slots at `places`, with their parents' places among those."""
    new = {old: place for place, old in enumerate(places)} | {-1: -1}
    return [Slot(slots[old].tokens, new[slots[old].parent], slots[old].offset) for old in places]


def _depth(slots: Sequence[Slot], place: int) -> int:
    """How many tokens the last token of a node reads, its own among them.

    Raises:
        ModelError: it reads nothing but itself: a branch must hang on something.
    """
    slot = slots[place]
    above, depth = slot, len(slot.tokens)
    while above.parent >= 0:
        depth += above.offset
        above = slots[above.parent]
    if slot.parent < 0 or slot.offset == 0 or not slot.tokens:
        raise ModelError("a branch must have tokens, and hang on at least one token of another node")
    return depth


def _rows(slots: Sequence[Slot], layout: Layout, place: int, readout: Readout) -> Tensor:
    """The places whose next token is predicted: the branch's last one, or that before each of its tokens."""
    begin, slot = layout.starts[place], slots[place]
    if readout == "yes-no":
        return torch.tensor([begin + len(slot.tokens) - 1])
    hook = layout.starts[slot.parent] + slot.offset - 1
    return torch.tensor([hook, *range(begin, begin + len(slot.tokens) - 1)])


def _log_likelihoods(hidden: Tensor, head: Tensor, tokens: Tensor) -> Tensor:
    """The log-probability of each token after its row of hidden states, [rows]; in blocks, to keep memory flat."""
    found = []
    for rows, expected in zip(torch.split(hidden, HEAD_ROWS), torch.split(tokens, HEAD_ROWS), strict=True):
        logits = linear(rows.float(), head)
        found.append(logits.gather(1, expected[:, None])[:, 0] - logits.logsumexp(1))
    return torch.cat(found).cpu()
