"""What the language model says of candidates after a history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.protocol import Engine, Node, Readout, Scores, Tree
from history.catalogue import Catalogue
from history.timeline import Timeline
from prompts.renderer import Renderer
from prompts.segment import Segment
from workspace.spans import span

TOGETHER = 16  # histories in one call of the engine
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """Which of these items comes after the first `place` events of a timeline?"""

    place: int
    item_ids: Sequence[str]
    interests: Sequence[str] = ()


@dataclass(frozen=True)
class LanguageScorer:
    """Scores candidates in packed passes, `against_free` each read against its own history-free value.

    A tuned model has learnt to say how likely an item is, so that its values are read as they are. Otherwise the
    difference says what the history adds: for `likelihood` it is the pointwise mutual information of history and
    title in nats, for `yes-no` a difference of log-odds. The history-free value is a score like any other, behind the
    stem without events: the engine keeps it for as long as it keeps that stem.
    """

    engine: Engine
    renderer: Renderer
    catalogue: Catalogue
    readout: Readout
    against_free: bool = True
    reads_ends: ClassVar[bool] = False  # whether `said` goes by the hidden states at the branches' ends

    def said(self, scores: Scores, item_ids: Sequence[str]) -> Values:
        """What the scores of these items' branches say. Float64 [len(item_ids)]."""
        return scores.values

    def values(self, timeline: Timeline, item_ids: Sequence[str], interests: Sequence[str] = ()) -> Values:
        """One value a candidate, float64 [len(item_ids)]; 0 says that the history changes nothing."""
        return self.along(timeline, [Question(len(timeline), item_ids, interests)])[0][0]

    def many(self, asked: Sequence[tuple[Timeline, Sequence[str]]]) -> Iterator[Values]:
        """The values of the candidates after each history, several histories in one pass."""
        for start in range(0, len(asked), TOGETHER):
            part = asked[start : start + TOGETHER]
            questions = [(timeline, [Question(len(timeline), item_ids)]) for timeline, item_ids in part]
            yield from (values for (values,), _ in self.all_values(questions))

    def along(self, timeline: Timeline, questions: Sequence[Question]) -> tuple[list[Values], int]:
        """The values of several questions along one history, in one packed pass, and the tokens that it took.

        The questions must be such that `window_start` is the same after each of their places.
        """
        return self.all_values([(timeline, questions)])[0]

    def all_values(self, asked: Sequence[tuple[Timeline, Sequence[Question]]]) -> list[tuple[list[Values], int]]:
        """For each history the values of its questions and the tokens that they took, packed with all others'.

        The history-free values count for the first.
        """
        names = list(dict.fromkeys(name for _, questions in asked for one in questions for name in one.item_ids))
        with span("render"):
            trees = [self.tree(timeline, questions) for timeline, questions in asked]
        with span("score"):
            *scores, free = self.engine.score_all([*trees, self.free_tree(names if self.against_free else [])])
        frees = self.said(free, names) if self.against_free else np.zeros(len(names))
        known = dict(zip(names, frees.tolist(), strict=True))
        found: list[tuple[list[Values], int]] = []
        for (_, questions), one in zip(asked, scores, strict=True):
            ends = np.cumsum([len(question.item_ids) for question in questions])[:-1]
            said = self.said(one, [name for question in questions for name in question.item_ids])
            parts = zip(np.split(said, ends), questions, strict=True)
            values = [part - np.array([known[name] for name in question.item_ids]) for part, question in parts]
            found.append((values, one.tokens + (0 if found else free.tokens)))
        return found

    def raw(self, timeline: Timeline, item_ids: Sequence[str]) -> Values:
        """The readout itself, not read against anything. Float64 [len(item_ids)]."""
        return self.said(self.engine.score(self.tree(timeline, [Question(len(timeline), item_ids)])), item_ids)

    def history_free(self, item_ids: Sequence[str]) -> Values:
        """The readout of each item after an empty history. Float64 [len(item_ids)]."""
        return self.said(self.engine.score(self.free_tree(item_ids)), item_ids)

    def free_tree(self, item_ids: Sequence[str]) -> Tree:
        """The same candidates behind the stem without events."""
        return self.tree(Timeline(""), [Question(0, item_ids)])

    def tree(self, timeline: Timeline, questions: Sequence[Question]) -> Tree:
        """One stem of all events; each question's bridge hangs after its last event, its candidates on the bridge."""
        start = self.window_start(timeline)
        nodes = [Node(self.renderer.stable(timeline, self.catalogue))]
        for question in questions:
            if not question.item_ids:
                continue
            # The stem's first piece opens the chat, then comes one piece an event.
            nodes.append(Node(self.bridge(question), 0, 1 + question.place - start))
            bridge = len(nodes) - 1
            nodes += [Node(self.branch(item_id), bridge) for item_id in question.item_ids]
        return Tree(tuple(nodes) if len(nodes) > 1 else (), self.readout, self.reads_ends)

    def bridge(self, question: Question) -> Segment:
        """What stands between the history and the branches."""
        return self.renderer.bridge(self.readout, question.interests)

    def branch(self, item_id: str) -> Segment:
        """What is scored of a candidate."""
        return self.renderer.branch(self.readout, self.catalogue[item_id])

    def window_start(self, timeline: Timeline) -> int:
        """The place of the first event that the prompt of a timeline holds."""
        return self.renderer.window_start(len(timeline))
