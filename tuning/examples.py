"""What the model is taught from: stretches of histories, and after each event the item that came next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.protocol import Readout
from engine.tokens import Tokens
from history.catalogue import Catalogue
from history.timeline import Timeline
from prompts.renderer import LETTERS, Renderer
from prompts.segment import Piece, Segment

Ints = NDArray[np.int64]
NOBODY = Timeline("")
UNKNOWN = -1  # what came next has no place in the catalogue: nothing is learnt there


@dataclass(frozen=True, slots=True)
class Choice:
    """A question after the event at `place` of a reading: the tokens of its `bridge` and of one branch an item.

    `items`, int64 [branches], are those asked about; the first is what came next, which got a `rating` as a share of
    the scale, NaN if none. `offsets`, float64 [branches], are added to what the model says of each. Where the items
    stand in the bridge as a list there are no branches, but `answers`: the token of each item's letter. `likely`,
    float64 [branches], is log P(next) of each item by a teacher, empty where there is none.
    """

    place: int
    bridge: tuple[int, ...]
    branches: tuple[tuple[int, ...], ...]
    items: Ints
    offsets: NDArray[np.float64]
    rating: float = np.nan
    answers: tuple[int, ...] = ()
    likely: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True)
class Reading:
    """A stretch of one history as the model reads it.

    `ids`, int64 [tokens]; `ends`, int64 [events], are the places of the last token of each event's line; `targets`,
    int64 [events], the items that came next. `timeline` is the whole history, and `befores`, int64 [events], how many
    of its events lie before each target; `choices` are questions about some targets. `likely`, float32 [events, items],
    is P(next) by a teacher, with no rows where there is none.
    """

    ids: Ints
    ends: Ints
    targets: Ints
    timeline: Timeline = NOBODY
    befores: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    choices: tuple[Choice, ...] = ()
    likely: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class History:
    """One history in tokens: the opening of the prompt, a line an event, and the item of each event."""

    opening: tuple[int, ...]
    lines: tuple[tuple[int, ...], ...]
    items: Ints
    timeline: Timeline = NOBODY

    def reading(self, places: Ints) -> Reading:
        """The events at `places`, int64 [2 or more], oldest first, but for the last, which is only a target."""
        ids, ends = list(self.opening), []
        for place in places[:-1]:
            ids += self.lines[place]
            ends.append(len(ids) - 1)
        return Reading(np.array(ids), np.array(ends), self.items[places[1:]], self.timeline, places[1:])


class HistoryReader:
    """Turns timelines into tokens, exactly as the product has them read."""

    def __init__(self, renderer: Renderer, tokens: Tokens, catalogue: Catalogue, places: Mapping[str, int]) -> None:
        """`places` are those of the items that may be predicted."""
        self._renderer, self._tokens = renderer, tokens
        self._catalogue, self._places = catalogue, places

    def read(self, timeline: Timeline, phrasing: int = 0) -> History:
        """All events of a timeline, not cut; a `phrasing` but 0 is only for training."""
        segment = self._renderer.uncut(timeline, self._catalogue, phrasing)
        opening, *lines = map(tuple, self._tokens.encode(segment))
        items = [self._places.get(event.item_id, UNKNOWN) for event in timeline.events]
        return History(opening, tuple(lines), np.array(items, np.int64), timeline)

    def branches(self, readout: Readout, item_ids: Sequence[str]) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
        """The tokens of the question before the candidates, and of each item as a candidate."""
        renderer, catalogue = self._renderer, self._catalogue
        items = [self._joined(renderer.branch(readout, catalogue[item_id])) for item_id in item_ids]
        return self._joined(renderer.bridge(readout)), items

    def lettered(self, item_ids: Sequence[str]) -> tuple[int, ...]:
        """The tokens of the question which of these comes next, each with a letter."""
        return self._joined(self._renderer.lettered([self._catalogue[item_id] for item_id in item_ids]))

    @property
    def letters(self) -> tuple[int, ...]:
        """The token of each letter as an answer."""
        return tuple(self._joined(Segment((Piece(f" {letter}"),)))[0] for letter in LETTERS)

    def question(self, timeline: Timeline, target: int) -> Reading:
        """What is read before `target` is to be predicted: the same as when the product answers."""
        ids = np.array(self._joined(self._renderer.stable(timeline, self._catalogue)))
        return Reading(ids, np.array([len(ids) - 1]), np.array([target]))

    def _joined(self, segment: Segment) -> tuple[int, ...]:
        return tuple(token for piece in self._tokens.encode(segment) for token in piece)


def shuffled(catalogue: Catalogue, generator: np.random.Generator) -> Catalogue:
    """The same items, each with its categories in another order."""
    return Catalogue(
        replace(item, categories=tuple(generator.permutation(np.array(item.categories, object))))
        for item in catalogue.values()
    )


def epoch(histories: Sequence[History], most: int, dropped: float, generator: np.random.Generator) -> Iterator[Reading]:
    """Every event once, but for a share of `dropped` ones, in stretches of at most `most` events.

    What is left out, and where a history is cut, differs each time: so none is learnt by heart too soon.
    """
    for history in histories:
        kept = np.flatnonzero(generator.random(len(history.items)) >= dropped)
        last = len(kept) - 1
        offset = int(generator.integers(1, most + 1))
        cuts = [0, *range(offset if last > most else most, last, most), last]
        for start, end in zip(cuts, cuts[1:], strict=False):
            if end > start:
                yield history.reading(kept[start : end + 1])


def batches(readings: Iterable[Reading], tokens: int, generator: np.random.Generator) -> list[list[Reading]]:
    """The readings in batches of about so many tokens, readings of a like length together, in a drawn order."""
    batch: list[Reading] = []
    found: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda one: len(one.ids)):
        if batch and (len(batch) + 1) * len(reading.ids) > tokens:
            found.append(batch)
            batch = []
        batch.append(reading)
    if batch:
        found.append(batch)
    return [found[place] for place in generator.permutation(len(found))]
