"""What is likely next, one item after another, written by the language model over titles that there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.interest_view import NextItem
from agent.knowledge import Knowledge
from agent.scorer import LanguageScorer
from engine.protocol import WriteLimits
from history.timeline import Timeline
from prompts.segment import Piece, Segment

AMONG = 100  # the retriever's first items


def likely_sequence(know: Knowledge, timeline: Timeline, count: int = 10) -> list[NextItem]:
    """The next `count` items after a history, in order: fewer only where fewer may be recommended.

    Each is one of the retriever's first `AMONG`; no other text can come about.
    """
    allowed = know.allowed(timeline, None)
    if not allowed.any():
        return []
    log_p = know.log_p(know.past(timeline), timeline, allowed)
    places = know.index.places
    ids = [know.index.item_ids[place] for place in know.retriever.top(log_p, AMONG).tolist()]
    chosen = written(know.scorer, timeline, ids, count)
    return [NextItem(one, know.catalogue[one].title, float(np.exp(log_p[places[one]]))) for one in chosen]


def written(scorer: LanguageScorer, timeline: Timeline, item_ids: Sequence[str], count: int) -> list[str]:
    """Up to `count` of these items, as the language model goes on from a history."""
    renderer = scorer.renderer
    lines = {f"{renderer.item(scorer.catalogue[item_id])}\n": item_id for item_id in reversed(item_ids)}
    longest = max(renderer.cost(Segment((Piece(line),))) for line in lines)
    limits = WriteLimits(count * longest, (), tuple(lines), count)
    stem = renderer.stable(timeline, scorer.catalogue) + renderer.ask("sequence", "\n", count=count)
    text = "".join(scorer.engine.write(stem, limits))
    return [lines[line] for line in text.splitlines(keepends=True)]
