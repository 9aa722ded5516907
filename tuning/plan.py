"""The steps of a training run, known beforehand: so a run that was stopped goes on at the very step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from tuning.choices import Chooser
from tuning.examples import History, Reading, batches, epoch

Teacher = Callable[[Reading], NDArray[np.float32]]


class Plan(Dataset[list[Reading]]):
    """Every step of `epochs` epochs; each gives the readings of its batch."""

    def __init__(
        self,
        histories: Sequence[Sequence[History]],
        epochs: int,
        events: int,
        tokens: int,
        seed: int,
        dropped: float = 0.0,
        chooser: Chooser | None = None,
        teacher: Teacher | None = None,
    ) -> None:
        """Stretches of at most `events` events, in batches of about so many `tokens`; see `epoch` for `dropped`.

        `histories` are the same ones worded in one or more ways, which epochs take in turn. With a `chooser` questions
        are asked of each, from easy to hard; a `teacher` says how likely every item was after each event.
        """
        self._ways = [[history for history in way if len(history.items) > 1] for way in histories]
        self._events, self._tokens, self._seed, self._dropped = events, tokens, seed, dropped
        self._chooser, self._teacher = chooser, teacher
        lengths = [len(self._of(number)) for number in range(epochs)]
        self._ends = np.cumsum(lengths)

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def __getitem__(self, step: int) -> list[Reading]:
        readings = self.readings(step)
        if self._teacher:
            readings = [replace(reading, likely=self._teacher(reading)) for reading in readings]
        if not self._chooser:
            return readings
        generator = np.random.default_rng([self._seed, step, len(self)])
        return [self._chooser.ask(reading, step / len(self), generator) for reading in readings]

    def readings(self, step: int) -> list[Reading]:
        """Those of a step, without questions."""
        if not 0 <= step < len(self):
            raise IndexError(step)
        number = int(np.searchsorted(self._ends, step, side="right"))
        return self._of(number)[step - (int(self._ends[number - 1]) if number else 0)]

    def steps(self, epoch: int) -> int:
        """How many steps an epoch has."""
        return len(self._of(epoch))

    @lru_cache(maxsize=2)  # noqa: B019 - one plan a run
    def _of(self, number: int) -> list[list[Reading]]:
        generator = np.random.default_rng([self._seed, number])
        way = self._ways[number % len(self._ways)]
        return batches(epoch(way, self._events, self._dropped, generator), self._tokens, generator)
