"""The engine on this machine: a transformers model, packed passes, and the stems that it has read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from engine.adapters import Adapter, beside, load_adapter
from engine.asking import Asking
from engine.layout import Layout, Slot
from engine.lines import Lines
from engine.loading import load_model
from engine.passes import Read, packs, read
from engine.protocol import Scores, Tree, WriteLimits
from engine.readouts import log_odds
from engine.states import read_states
from engine.stems import Stem, StemCache
from engine.tokens import Tokens
from engine.writing import Writing
from prompts.segment import Piece, Segment
from workspace.errors import ModelError
from workspace.settings import Precision

HEAD_ROWS = 256  # of a vocabulary's logits at a time
PACK_TOKENS = 2048
STEM_BYTES = 512 * 2**20
LARGE = 1_536  # the width of a model


class LocalEngine:
    """Scores and writes with one causal language model that transformers holds."""

    def __init__(
        self,
        source: Path | str,
        precision: Precision,
        pack_tokens: int = PACK_TOKENS,
        threads: int = 0,
        stems: StemCache | None = None,
    ) -> None:
        """Load the model at `source`; a pass reads about `pack_tokens` tokens; `threads` 0 takes all cores.

        `stems` may be shared with other engines: each finds its own.

        Raises:
            ModelError: the model cannot be loaded or is not instruction-tuned.
        """
        if threads:
            torch.set_num_threads(threads)
        self.model, tokenizer = load_model(source, precision)
        self._tokens = Tokens(tokenizer)
        self.pack_tokens = pack_tokens
        self.stems = StemCache(STEM_BYTES) if stems is None else stems
        self._label = f"{Path(source).name} ({precision})"
        self._maker = f"{source} {precision} {self.model.device}"

    def with_adapter(self, adapter: Adapter) -> LocalEngine:
        """The same model with an adapter beside its layers; both share the weights, but not what they keep of stems.

        Raises:
            ModelError: the adapter was made for another model.
        """
        other = copy(self)
        other.model = beside(self.model)
        load_adapter(other.model, adapter)
        other._label = f"{self._label} with {adapter.name}"
        other._maker = f"{self._maker} {uuid4().hex}"
        return other

    @property
    def name(self) -> str:
        """The model's name and precision."""
        return self._label

    @property
    def tokens(self) -> Tokens:
        """The model's tokenizer."""
        return self._tokens

    @property
    def large(self) -> bool:
        """Whether it is about as wide as models of a billion parameters and more are."""
        return int(self.model.config.get_text_config().hidden_size) >= LARGE

    def score(self, tree: Tree) -> Scores:
        """Score every branch of one tree; see `score_all`."""
        return self.score_all([tree])[0]

    @torch.inference_mode()
    def score_all(self, trees: Sequence[Tree]) -> list[Scores]:
        """Score every branch of all trees, in packed passes cut by the token budget.

        What was read of a stem before is not read again, and a branch that was scored behind the same stem keeps its
        score. A tree of more branches than fit is read in parts, its trunk once.

        Raises:
            ModelError: a branch with all that it hangs on is longer than the model's context.
        """
        askings = [self.asking(tree) for tree in trees]
        pending = [(asking, missing) for asking in askings if (missing := asking.missing())]
        chunks = [list(asking.chunks(missing, self.pack_tokens)) for asking, missing in pending]
        jobs = [asking.first_job(first) for (asking, _), (first, *_) in zip(pending, chunks, strict=True)]
        for pack in packs(jobs, self.pack_tokens):
            for place, done in zip(pack, read(self.model, [jobs[place] for place in pack]), strict=True):
                asking, (first, *others) = pending[place][0], chunks[place]
                asking.tokens += jobs[place].new
                self._take(asking, first, jobs[place].layout, done.hidden)
                if others:
                    self._read_on(asking, others, done)
                self._keep(asking, done)
        return [asking.scores() for asking in askings]

    @torch.inference_mode()
    def states(self, stems: Sequence[Segment]) -> Tensor:
        """The hidden state after the last token of each stem, [stems, width of the model], over kept stems.

        Raises:
            ModelError: a stem is empty or longer than the model's context.
        """
        encoded = [[token for piece in self._tokens.encode(stem) for token in piece] for stem in stems]
        for ids in encoded:
            if not ids:
                raise ModelError("there is nothing to read: a stem is empty")
            self._check_context(len(ids))
        return read_states(self.model, encoded, self.stems, self._maker, self.pack_tokens)

    def write(self, stem: Segment, limits: WriteLimits) -> Iterator[str]:
        """Write on from one stem; see `write_all`."""
        return (piece for _, piece in self.write_all([stem], limits))

    def write_all(self, stems: Sequence[Segment], limits: WriteLimits) -> Iterator[tuple[int, str]]:
        """Write on from all stems at once, greedily: which stem, and a piece of its text as soon as it is certain.

        Their first pieces are read once and kept. What is written of a stem does not depend on the others.

        Raises:
            ModelError: a stem has no tokens, or with what may be written is longer than the model's context.
        """
        encoded = [self._tokens.encode(stem) for stem in stems]
        for pieces in encoded:
            if not any(pieces):
                raise ModelError("there is nothing to write on from: a stem is empty")
            self._check_context(sum(map(len, pieces)) + limits.tokens)
        writing = Writing(self.model, self._tokens, limits, self.pack_tokens, self._lines(limits))
        return writing.write(encoded, self.stems, self._maker)

    def _lines(self, limits: WriteLimits) -> Lines | None:
        if not limits.lines:
            return None
        return Lines.of([self._tokens.encode(Segment((Piece(line),)))[0] for line in limits.lines], limits.count)

    def asking(self, tree: Tree) -> Asking:
        """The tree on its way: what of it is known from before.

        Raises:
            ModelError: see `score_all`.
        """
        asking = Asking(self._slots(tree), tree.readout, tree.ends)
        self._check_context(asking.longest)
        if asking.root:
            asking.begin(*self.stems.find(self._maker, asking.root))
        return asking

    def _slots(self, tree: Tree) -> list[Slot]:
        encoded = [self._tokens.encode(node.segment) for node in tree.nodes]
        slots = []
        for node, pieces in zip(tree.nodes, encoded, strict=True):
            hung_on = encoded[node.parent][: node.after] if node.parent >= 0 else []
            slots.append(Slot(tuple(token for piece in pieces for token in piece), node.parent, sum(map(len, hung_on))))
        return slots

    def _read_on(self, asking: Asking, chunks: Sequence[list[int]], begun: Read) -> None:
        """Read further branches over the trunk of a pass."""
        size = asking.trunk_size()
        trunk, hidden = begun.layers(size), begun.hidden[: size - asking.known]
        for leaves in chunks:
            job = asking.next_job(leaves, trunk)
            (done,) = read(self.model, [job])
            asking.tokens += job.new
            self._take(asking, leaves, job.layout, torch.cat([hidden, done.hidden]))

    def _take(self, asking: Asking, leaves: Sequence[int], layout: Layout, hidden: Tensor) -> None:
        """Read the scores of `leaves` off the hidden states of the layout's tokens past the known ones."""
        if not leaves:
            return
        rows = [torch.tensor(asking.rows(layout, number)) - asking.known for number in range(len(leaves))]
        states = hidden[torch.cat(rows).to(hidden.device)]
        ways = [asking.ways[leaf] for leaf in leaves]
        if asking.readout == "yes-no":
            found = log_odds(self.model, self._tokens, states)
            if asking.wants_ends:
                asking.ends.update(zip(ways, states.float().cpu().numpy(), strict=True))
        else:
            expected = torch.tensor([token for leaf in leaves for token in asking.slots[leaf].tokens])
            each = self._log_likelihoods(states, expected.to(hidden.device))
            found = torch.stack([part.sum() for part in torch.split(each, [len(row) for row in rows])])
        asking.values.update(zip(ways, found.tolist(), strict=True))

    def _keep(self, asking: Asking, done: Read) -> None:
        """Keep what was read of the stem, and the scores behind it."""
        if not asking.root or not self.stems.limit:
            return
        stem = asking.stem
        if stem is None or not asking.stands:
            stem = Stem(np.array(asking.root), done.layers(len(asking.root)))
        self.stems.keep(self._maker, stem, {} if asking.wants_ends else asking.values)

    def _log_likelihoods(self, states: Tensor, expected: Tensor) -> Tensor:
        """The log-probability of each expected token, [rows]; in blocks, to keep memory flat."""
        found = []
        for rows, tokens in zip(torch.split(states, HEAD_ROWS), torch.split(expected, HEAD_ROWS), strict=True):
            logits = linear(rows.float(), self._head)
            found.append(logits.gather(1, tokens[:, None])[:, 0] - logits.logsumexp(1))
        return torch.cat(found)

    @cached_property
    def _head(self) -> Tensor:
        head: Tensor = self.model.get_output_embeddings().weight.float()
        return head

    def _check_context(self, tokens: int) -> None:
        config = self.model.config
        # Within its window a model with sliding attention sees everything, as a packed pass does.
        limit = min(config.max_position_embeddings, getattr(config, "sliding_window", None) or tokens)
        if tokens > limit:
            raise ModelError(
                f"a prompt of {tokens} tokens is longer than the context of {self.name}, {limit}; lower history_over "
                "or item_tokens in the settings"
            )
