"""The same question put to the same model in other ways, each as fast as the library does it.

Prompts side by side are filled up on the right: under a causal mask no token sees what is behind it, so that they need
no mask of their own and take the library's fastest path.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear
from transformers import DynamicCache

from agent.scorer import LanguageScorer
from engine.local import LocalEngine
from engine.protocol import WriteLimits
from history.timeline import Timeline
from prompts.segment import Segment

TOGETHER = 20  # prompts in one batch
LISTED = 10  # titles that a written ranking holds
Ids = list[int]


@dataclass(frozen=True)
class OtherWays:
    """The others' prompts over one history and its candidates."""

    engine: LocalEngine
    scorer: LanguageScorer
    timeline: Timeline
    item_ids: Sequence[str]

    def pointwise_prompts(self) -> tuple[Ids, list[Ids]]:
        """The history's tokens, and for each candidate those of the question whether it comes next (TALLRec)."""
        renderer, catalogue = self.scorer.renderer, self.scorer.catalogue
        items = (renderer.item(catalogue[item_id]) for item_id in self.item_ids)
        return self._stem(), [self._ids(renderer.ask("pointwise", item=item)) for item in items]

    def lettered_prompt(self) -> tuple[Ids, Ids]:
        """The history's tokens, and those of the lettered list (LlamaRec)."""
        return self._stem(), self._ids(self._listed("letters"))

    @torch.inference_mode()
    def pointwise(self, stem: Ids, questions: Sequence[Ids]) -> Tensor:
        """The log-odds of yes, one whole prompt a candidate."""
        found = []
        for start in range(0, len(questions), TOGETHER):
            rows = [stem + question for question in questions[start : start + TOGETHER]]
            found.append(self._log_odds(self._read(rows), rows))
        return torch.cat(found)

    @torch.inference_mode()
    def pointwise_cached(self, known: DynamicCache, questions: Sequence[Ids]) -> Tensor:
        """The same over the history's keys and values, which each row needs for itself."""
        cache = deepcopy(known)
        cache.batch_repeat_interleave(len(questions))
        return self._log_odds(self._read(questions, cache), questions)

    @torch.inference_mode()
    def lettered(self, prompt: Ids, known: DynamicCache | None = None) -> Tensor:
        """The letters' logits at the end of the list, in one pass."""
        hidden = self._read([prompt], deepcopy(known) if known else None)[0, -1]
        letters = [self.engine.tokens.encode_text(f" {letter}")[0] for letter in ascii_uppercase]
        return linear(hidden.float(), self._head(letters))

    def written(self) -> str:
        """A ranking that is written out (LLMRank), by our own writing, which drafts from the list and verifies."""
        limits = WriteLimits(12 * LISTED, stop=("\n\n", f"\n{LISTED + 1}."))
        return "".join(self.engine.write(self._generated_stem(), limits))

    @torch.inference_mode()
    def generated(self, tokens: int) -> Tensor:
        """The same ranking of so many tokens by the library's greedy decoding."""
        ids = torch.tensor([self._ids(self._generated_stem())], device=self.engine.model.device)
        length = {"min_new_tokens": tokens, "max_new_tokens": tokens, "pad_token_id": 0}
        found: Tensor = self.engine.model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, **length)
        return found

    def _generated_stem(self) -> Segment:
        return self.scorer.renderer.stable(self.timeline, self.scorer.catalogue) + self._listed("generated")

    @torch.inference_mode()
    def prefilled(self, stem: Ids) -> DynamicCache:
        """Keys and values of a history."""
        cache = DynamicCache()
        self._read([stem], cache)
        return cache

    def _read(self, rows: Sequence[Ids], cache: DynamicCache | None = None) -> Tensor:
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=self.engine.model.device)
        output = self.engine.model.base_model(input_ids=ids, past_key_values=cache, use_cache=cache is not None)
        hidden: Tensor = output.last_hidden_state
        return hidden

    def _log_odds(self, hidden: Tensor, rows: Sequence[Ids]) -> Tensor:
        ends = torch.tensor([len(row) - 1 for row in rows])
        states = hidden[torch.arange(len(rows)), ends].float()
        yes, no = linear(states, self._head([self.engine.tokens.yes, self.engine.tokens.no])).unbind(1)
        return yes - no

    def _head(self, tokens: list[int]) -> Tensor:
        weight: Any = self.engine.model.get_output_embeddings().weight
        found: Tensor = weight[tokens].float()
        return found

    def _listed(self, template: str) -> Segment:
        renderer, catalogue = self.scorer.renderer, self.scorer.catalogue
        items = [renderer.item(catalogue[item_id]) for item_id in self.item_ids]
        if template == "letters":
            return renderer.ask("letters", items=list(zip(ascii_uppercase, items, strict=False)))
        return renderer.ask("generated", items=items, count=LISTED)

    def _stem(self) -> Ids:
        return self._ids(self.scorer.renderer.stable(self.timeline, self.scorer.catalogue))

    def _ids(self, segment: Segment) -> Ids:
        return [token for piece in self.engine.tokens.encode(segment) for token in piece]
