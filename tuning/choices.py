"""What the branches are taught from: after some events of a reading, which of these items came next?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agent.fusion import draw_beside
from tuning.examples import UNKNOWN, Choice, Ints, Reading

RATING = "rating"
LEAST_P = 1e-12
Floats = NDArray[np.float64]
Retrieve = Callable[[Reading, Ints], Floats]


@dataclass(frozen=True)
class Chooser:
    """Asks `questions` of each reading, and draws `others` beside each target.

    They come by popularity at first, which is easy, and more and more from what the retriever holds likely: `retrieve`
    gives its log P(next) after each of a reading's places, float64 [places, items]. `popularity`, float64 [items], sums
    to 1; `branches` are the items' tokens, `bridge` what is asked before them; `scale` is the top of the ratings. With
    `lettered`, the tokens of a question that lists items by their places, each is asked about as one of a shuffled list
    instead, and answered by its letter, one of the tokens `letters`. What a reading's teacher holds of the
    items is there to be learnt from too.
    """

    bridge: tuple[int, ...]
    branches: Sequence[tuple[int, ...]]
    popularity: Floats
    retrieve: Retrieve
    questions: int
    others: int
    scale: float = 1.0
    lettered: Callable[[Sequence[int]], tuple[int, ...]] | None = None
    letters: Sequence[int] = ()

    def ask(self, reading: Reading, hardness: float, generator: np.random.Generator) -> Reading:
        """The reading with questions; a share `hardness` of the others comes from the retriever."""
        known = np.flatnonzero(reading.targets != UNKNOWN)
        places = np.sort(generator.permutation(known)[: self.questions])
        if not len(places):
            return reading
        retrieved = np.exp(self.retrieve(reading, places)) if hardness else 0.0
        drawn_from = (1 - hardness) * np.tile(self.popularity, (len(places), 1)) + hardness * retrieved
        choices = (self._choice(reading, place, p, generator) for place, p in zip(places, drawn_from, strict=True))
        return replace(reading, choices=tuple(self._taught(reading, choice) for choice in choices))

    def _taught(self, reading: Reading, choice: Choice) -> Choice:
        if not len(reading.likely):
            return choice
        likely = reading.likely[choice.place, choice.items].astype(float)
        return replace(choice, likely=np.log(np.maximum(likely, LEAST_P)))

    def _choice(self, reading: Reading, place: int, p: Floats, generator: np.random.Generator) -> Choice:
        """A question, the target first; the offsets undo how likely each was to be drawn.

        Among draws with return from p, P(target) is proportional to exp(value) · count / p (McFadden 1978, sampling of
        alternatives), so that the value becomes log P(next) whatever p was.
        """
        target = int(reading.targets[place])
        log_p = np.log(np.maximum(p, LEAST_P))
        items, counts = draw_beside(log_p, target, generator, self.others)
        offsets = np.log(counts) - log_p[items]
        rating = self._rating(reading, place)
        if self.lettered:
            order = generator.permutation(len(items))
            answers = tuple(self.letters[shown] for shown in np.argsort(order))
            question = self.lettered([items[one] for one in order])
            return Choice(int(place), question, (), items, offsets, rating, answers)
        branches = tuple(self.branches[item] for item in items)
        return Choice(int(place), self.bridge, branches, items, offsets, rating)

    def _rating(self, reading: Reading, place: int) -> float:
        events = reading.timeline.events
        event = events[reading.befores[place]] if events else None
        return event.value / self.scale if event and event.type == RATING and event.value is not None else np.nan
