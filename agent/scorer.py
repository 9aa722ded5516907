"""What the language model says of candidates after a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.protocol import Engine, Node, Readout, Tree
from history.catalogue import Catalogue
from history.timeline import Timeline
from prompts.renderer import Renderer

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """Which of these items comes after the first `place` events of a timeline?"""

    place: int
    item_ids: Sequence[str]
    interests: Sequence[str] = ()


@dataclass(frozen=True)
class LanguageScorer:
    """Scores candidates in one packed pass, each read against its own history-free value.

    The difference says what the history adds: for `likelihood` it is the pointwise mutual information of history and
    title in nats, for `yes-no` a difference of log-odds. The history-free value is computed once per item.
    """

    engine: Engine
    renderer: Renderer
    catalogue: Catalogue
    readout: Readout
    _history_free: dict[str, float] = field(default_factory=dict, init=False)

    def values(self, timeline: Timeline, item_ids: Sequence[str], interests: Sequence[str] = ()) -> Values:
        """One value a candidate, float64 [len(item_ids)]; 0 says that the history changes nothing."""
        return self.along(timeline, [Question(len(timeline), item_ids, interests)])[0][0]

    def along(self, timeline: Timeline, questions: Sequence[Question]) -> tuple[list[Values], int]:
        """The values of several questions along one history, in one packed pass, and the tokens that it took.

        The questions must be such that `window_start` is the same after each of their places.
        """
        scores = self.engine.score(self.tree(timeline, questions))
        tokens = scores.tokens + self._learn_history_free(
            list(dict.fromkeys(name for one in questions for name in one.item_ids))
        )
        ends = np.cumsum([len(question.item_ids) for question in questions])[:-1]
        parts = np.split(scores.values, ends)
        free = (self.history_free(question.item_ids) for question in questions)
        return [part - known for part, known in zip(parts, free, strict=True)], tokens

    def raw(self, timeline: Timeline, item_ids: Sequence[str]) -> Values:
        """The readout itself, not read against anything. Float64 [len(item_ids)]."""
        return self.engine.score(self.tree(timeline, [Question(len(timeline), item_ids)])).values

    def history_free(self, item_ids: Sequence[str]) -> Values:
        """The readout of each item after an empty history. Float64 [len(item_ids)]."""
        self._learn_history_free(item_ids)
        return np.array([self._history_free[item_id] for item_id in item_ids])

    def tree(self, timeline: Timeline, questions: Sequence[Question]) -> Tree:
        """One stem of all events; each question's bridge hangs after its last event, its candidates on the bridge."""
        start = self.window_start(timeline)
        nodes = [Node(self.renderer.stable(timeline, self.catalogue))]
        for question in questions:
            # The stem's first piece opens the chat, then comes one piece an event.
            nodes.append(Node(self.renderer.bridge(self.readout, question.interests), 0, 1 + question.place - start))
            bridge = len(nodes) - 1
            branches = (self.renderer.branch(self.readout, self.catalogue[item_id]) for item_id in question.item_ids)
            nodes += [Node(branch, bridge) for branch in branches]
        return Tree(tuple(nodes), self.readout)

    def window_start(self, timeline: Timeline) -> int:
        """The place of the first event that the prompt of a timeline holds."""
        return self.renderer.window_start(len(timeline))

    def _learn_history_free(self, item_ids: Sequence[str]) -> int:
        """Compute the history-free values that are not known yet; gives the tokens that it took."""
        missing = [item_id for item_id in item_ids if item_id not in self._history_free]
        if not missing:
            return 0
        scores = self.engine.score(self.tree(Timeline(""), [Question(0, missing)]))
        self._history_free.update(zip(missing, scores.values.tolist(), strict=True))
        return scores.tokens
