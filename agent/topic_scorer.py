"""What the language model itself holds of topics: their names as branches behind any events of a history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from agent.scorer import LanguageScorer, Question
from history.timeline import Timeline
from prompts.segment import Segment


@dataclass(frozen=True, kw_only=True)
class TopicScorer(LanguageScorer):
    """Asks which of the topics, by `names`, comes next, after any events of a history, in packed passes.

    By likelihood a value is the pointwise mutual information of history and name, in nats.
    """

    names: Sequence[str]

    def along_history(self, timeline: Timeline, places: Sequence[int]) -> NDArray[np.float64]:
        """What the first `places` events, ascending, say of each topic, float64 [places, topics]."""
        questions = [
            [Question(place, self.names) for place in group] for _, group in groupby(places, self.renderer.window_start)
        ]
        asked = [(timeline.before(group[-1].place), group) for group in questions]
        return np.array([values for found, _ in self.all_values(asked) for values in found])

    def bridge(self, question: Question) -> Segment:
        """The question, up to the lead-in of the answer."""
        return self.renderer.ask("topics", "\n")

    def branch(self, item_id: str) -> Segment:
        """A topic's name."""
        return self.renderer.topic(item_id)
