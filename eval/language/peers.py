"""How others ask a language model, on the same model, candidates and history."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from rapidfuzz import fuzz, process

from engine.protocol import Node, Tree, WriteLimits
from eval.language.listing import Listing, Reading
from history.timeline import Timeline
from prompts.renderer import LETTERS
from prompts.segment import Piece, Segment, clean
from workspace.errors import UsageError

ALIKE = 85.0  # a written line names a title when the two are at least this alike, in per cent
WRITTEN = 10


class Pointwise(Listing):
    """TALLRec's way (Bao et al. 2023): yes or no, one prompt a candidate, each a pass of its own."""

    def ask(self, timeline: Timeline, item_ids: Sequence[str]) -> Reading:
        """The log-odds of yes."""
        scorer = self.scorer
        stem = scorer.renderer.stable(timeline, scorer.catalogue)
        items = (scorer.renderer.item(scorer.catalogue[item_id]) for item_id in item_ids)
        trees = [Tree((Node(stem), Node(scorer.renderer.ask("pointwise", item=item), 0)), "yes-no") for item in items]
        scores = [scorer.engine.score(tree) for tree in trees]
        return Reading(np.array([one.values[0] for one in scores]), sum(one.tokens for one in scores))


class Letters(Listing):
    """LlamaRec's way (Yue et al. 2023): a lettered list, read from one position's logits."""

    def ask(self, timeline: Timeline, item_ids: Sequence[str]) -> Reading:
        """The log-probability of each item's letter.

        Raises:
            UsageError: there are more candidates than letters.
        """
        if len(item_ids) > len(LETTERS):
            raise UsageError(
                f"letters: {len(item_ids)} candidates, but only 26 letters; lower candidates in the settings"
            )
        scorer = self.scorer
        stem = scorer.renderer.stable(timeline, scorer.catalogue)
        question = scorer.renderer.lettered([scorer.catalogue[item_id] for item_id in item_ids])
        letters = [Segment((Piece(f" {letter}"),)) for letter in LETTERS[: len(item_ids)]]
        scores = scorer.engine.score(Tree.reranking(stem, question, letters, "likelihood"))
        # A letter costs no pass: all are read where the question ends.
        return Reading(scores.values, scores.tokens - len(letters))


class Generated(Listing):
    """LLMRank's way (Hou et al. 2024): the ranking is written out and parsed back."""

    def ask(self, timeline: Timeline, item_ids: Sequence[str]) -> Reading:
        """The written places, first greatest; what was not written comes after, in the order shown."""
        scorer = self.scorer
        count = min(WRITTEN, len(item_ids))
        items = [scorer.renderer.item(scorer.catalogue[item_id]) for item_id in item_ids]
        question = scorer.renderer.ask("generated", items=items, count=count)
        stem = scorer.renderer.stable(timeline, scorer.catalogue) + question
        limits = WriteLimits(12 * count, stop=("\n\n", f"\n{count + 1}."))
        text = "".join(scorer.engine.write(stem, limits))
        written, invalid = parse_ranking(text, items, count)
        values = -np.arange(len(items), dtype=float) - len(items)
        values[written] = -np.arange(len(written), dtype=float)
        tokens = scorer.renderer.cost(stem) + scorer.renderer.cost(Segment((Piece(text),)))
        return Reading(values, tokens, invalid)


def parse_ranking(text: str, titles: Sequence[str], count: int) -> tuple[list[int], float]:
    """The places of the titles that a written list names, in its order, and the share of `count` lines that failed.

    A line fails that names no title or one that was named before; so does one that was never written.
    """
    found: list[int] = []
    bare = [_bare(title) for title in titles]
    for line in text.splitlines()[:count]:
        name = _bare(clean(re.sub(r"^\W*\d{0,2}[.):]?\s*", "", line)))
        match = process.extractOne(name, bare, scorer=fuzz.ratio, score_cutoff=ALIKE) if name else None
        if match and match[2] not in found:
            found.append(match[2])
    return found, 1 - len(found) / count


def _bare(title: str) -> str:
    """A title without its year and without case, as a model may write it."""
    return re.sub(r"\s*\(\d{4}\)$", "", title).casefold()
