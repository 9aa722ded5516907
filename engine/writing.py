"""Writing on from stems, many texts at once: greedy decoding in which a pass may settle several tokens of each.

What comes next is drafted from what the text already says, and one pass reads each text's last token and its draft: of
the draft stays what the model would have written itself. Each text is read as one run from its first token on, as
scoring reads a stem, so that what it says depends neither on the texts beside it, nor on drafts, nor on what was kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise, starmap
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import DynamicCache

from engine.attention import NAME
from engine.blocks import blocks_of
from engine.layout import Slot, lay_out
from engine.lines import Lines
from engine.passes import Job, packs, read
from engine.protocol import WriteLimits
from engine.stems import Stem, StemCache
from engine.texts import Text
from engine.tokens import Tokens


@dataclass
class Writing:
    """Texts side by side over one cache: first what is known of their stems, then all that was read, right or wrong.

    Each text knows its own columns; a rejected draft's are nobody's. `passes` counts forward passes, `settled` the
    tokens that came out of them.
    """

    model: Any
    tokens: Tokens
    limits: WriteLimits
    budget: int
    lines: Lines | None = None
    cache: DynamicCache = field(default_factory=DynamicCache)
    texts: list[Text] = field(default_factory=list)
    passes: int = 0
    settled: int = 0

    def write(self, stems: Sequence[list[list[int]]], kept: StemCache, maker: str) -> Iterator[tuple[int, str]]:
        """Write on from stems, given as the token ids of their pieces: which of them, and what became certain."""
        self._read_openings(dict.fromkeys(tuple(pieces[0]) for pieces in stems), kept, maker)
        whole = [[token for piece in pieces for token in piece] for pieces in stems]
        self._begin(whole, [kept.find(maker, ids) for ids in whole])
        yield from self._pieces()

    def _read_openings(self, openings: Iterable[tuple[int, ...]], kept: StemCache, maker: str) -> None:
        """Read and keep what stems begin with, where nothing that is kept begins like it to its end."""
        found = [(ids, *kept.find(maker, ids)) for ids in openings]
        missing = [(ids, stem.layers if stem else (), common) for ids, stem, common in found if common < len(ids)]
        jobs = [Job(lay_out([Slot(ids, -1, 0)]), common, layers) for ids, layers, common in missing]
        for pack in packs(jobs, self.budget):
            self.passes += 1
            for place, done in zip(pack, read(self.model, [jobs[place] for place in pack]), strict=True):
                ids = missing[place][0]
                kept.keep(maker, Stem(np.array(ids), done.layers(len(ids))))

    def _begin(self, stems: Sequence[Sequence[int]], known: Sequence[tuple[Stem | None, int]]) -> None:
        """Take up texts, and once each of the kept stems that they begin like, which `known` gives with how far."""
        kept = {id(stem): stem for stem, _ in known if stem}
        firsts = dict(zip(kept, accumulate((len(stem.ids) for stem in kept.values()), initial=0), strict=False))
        for place, (ids, (stem, common)) in enumerate(zip(stems, known, strict=True)):
            first = firsts[id(stem)] if stem else 0
            self.texts.append(Text(place, list(ids), len(ids), list(range(first, first + min(common, len(ids) - 1)))))
        for number, layer in enumerate(zip(*(stem.layers for stem in kept.values()), strict=True)):
            self.cache.update(*(torch.cat(part, dim=2) for part in zip(*layer, strict=True)), number)

    def _pieces(self) -> Iterator[tuple[int, str]]:
        """Write all texts to their ends: which text, and what became certain of it."""
        ends = self.model.generation_config.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends])
        going = self.texts if self.limits.tokens > 0 else []
        while going:
            for pack in self._packs(going):
                for text, settled in zip(pack, self._pass(pack), strict=True):
                    if piece := text.take(settled, ends, self.limits, self.tokens, self.lines):
                        yield text.place, piece
            going = [text for text in going if not text.ended]

    def _packs(self, texts: Sequence[Text]) -> Iterator[list[Text]]:
        """The texts in parts of about `budget` tokens to read."""
        pack: list[Text] = []
        room = self.budget
        for text in texts:
            if pack and text.unread > room:
                yield pack
                pack, room = [], self.budget
            pack.append(text)
            room -= text.unread
        yield pack

    @torch.inference_mode()
    def _pass(self, texts: Sequence[Text]) -> list[list[int]]:
        """Read what is unread of each text, and a draft behind it; the tokens that this settles."""
        jobs = [Job(text.layout(self.limits.tokens, len(texts) == 1, self.lines), len(text.columns)) for text in texts]
        firsts = list(accumulate((job.new for job in jobs), initial=self.cache.get_seq_length()))
        hidden = self._hidden(
            jobs, [[*text.columns, *new] for text, new in zip(texts, starmap(range, pairwise(firsts)), strict=True)]
        )
        rows = [part[-1 - len(text.draft) :] for part, text in zip(hidden, texts, strict=True)]
        logits = self.model.get_output_embeddings()(torch.cat(rows))
        if self.lines:
            _forbid(logits, [self.lines.following(before) for text in texts for before in _befores(text)])
        owns = torch.split(logits.argmax(-1), [len(row) for row in rows])
        settled = [text.accept(one.tolist(), first) for text, one, first in zip(texts, owns, firsts, strict=False)]
        self.passes, self.settled = self.passes + 1, self.settled + sum(map(len, settled))
        return settled

    def _hidden(self, jobs: Sequence[Job], columns: Sequence[Sequence[int]]) -> Sequence[Tensor]:
        """The last hidden states of each job's new tokens, [new, width]; their keys and values join the cache."""
        output = self.model.base_model(
            input_ids=torch.cat([job.layout.ids[job.known :] for job in jobs])[None].to(self.model.device),
            position_ids=torch.cat([job.layout.positions[job.known :] for job in jobs])[None].to(self.model.device),
            past_key_values=self.cache,
            use_cache=True,
            **self._sight(jobs, [torch.tensor(own) for own in columns]),
        )
        return torch.split(output.last_hidden_state[0], [job.new for job in jobs])

    def _sight(self, jobs: Sequence[Job], columns: Sequence[Tensor]) -> dict[str, Any]:
        """What tells the model who sees whom: blocks where its attention knows them, else a mask."""
        rows = list(accumulate((job.new for job in jobs), initial=0))
        parts = list(zip(jobs, columns, rows, strict=False))
        if self.model.config._attn_implementation == NAME:
            return {"blocks": [one for job, own, row in parts for one in blocks_of(job.layout, job.known, own, row)]}
        mask = torch.zeros(rows[-1], self.cache.get_seq_length() + rows[-1], dtype=torch.bool)
        for job, own, row in parts:
            mask[row : row + job.new, own] = job.layout.mask()[job.known :]
        return {"attention_mask": mask[None, None].to(self.model.device)}


def _befores(text: Text) -> list[list[int]]:
    """What is written before each token that a pass over a text and its draft predicts."""
    return [[*text.written, *text.draft[:count]] for count in range(len(text.draft) + 1)]


def _forbid(logits: Tensor, allowed: Sequence[NDArray[np.int32]]) -> None:
    """Put all but the `allowed` tokens of each row out of reach."""
    kept = torch.full_like(logits, -torch.inf)
    for row, tokens in enumerate(allowed):
        kept[row, tokens] = logits[row, tokens]
    logits.copy_(kept)
