"""A tree on its way through the model: what of it is known, what must be read, and what came out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from engine.layout import Layout, Slot, lay_out
from engine.passes import Job
from engine.protocol import Readout, Scores
from engine.stems import Layers, Stem, Way
from workspace.errors import ModelError


@dataclass
class Asking:
    """One tree: `slots` in the tree's order, its branches, and the way from the stem to each branch's end.

    Two branches of one way are one question. `stem` is a kept stem that begins like this tree's, `known` how much of it
    may be taken over, and `stands` says that it is this tree's own. With `wants_ends` the hidden states at the
    branches' ends are kept in `ends` as well, so each must be read.
    """

    slots: Sequence[Slot]
    readout: Readout
    wants_ends: bool = False
    stem: Stem | None = None
    known: int = 0
    stands: bool = False
    values: dict[Way, float] = field(default_factory=dict)
    ends: dict[Way, NDArray[np.float32]] = field(default_factory=dict)
    tokens: int = 0
    _digests: dict[int, Way] = field(default_factory=dict)

    def __post_init__(self) -> None:
        parents = {slot.parent for slot in self.slots}
        self.leaves = [place for place in range(len(self.slots)) if place not in parents]
        self.trunk = [place for place in range(len(self.slots)) if place in parents]
        self.ways = {place: self._way(place) for place in self.leaves}

    @property
    def root(self) -> tuple[int, ...]:
        """The stem's tokens; none where the tree has several roots, which share nothing with other requests."""
        roots = [slot for slot in self.slots if slot.parent < 0]
        return roots[0].tokens if len(roots) == 1 and self.trunk else ()

    @property
    def longest(self) -> int:
        """The tokens that the deepest branch reads, its own among them."""
        return max((self._depth(leaf) for leaf in self.leaves), default=0)

    def begin(self, stem: Stem | None, common: int) -> None:
        """Take over a kept stem, with the scores that stand while it does."""
        self.stem, self.known = stem, min([common, *self._hooks()])
        self.stands = stem is not None and common == len(stem.ids) == len(self.root)
        if stem is not None and self.stands and not self.wants_ends:
            # Another request may be letting go of scores at this moment.
            found = {way: stem.scores.get(way) for way in set(self.ways.values())}
            self.values.update({way: score for way, score in found.items() if score is not None})

    def missing(self) -> list[int]:
        """One branch of each way without a score, in the order of their tokens: how they were given cannot matter."""
        first = {way: leaf for leaf, way in reversed(self.ways.items()) if way not in self.values}
        return sorted(first.values(), key=lambda leaf: (self.slots[leaf].tokens, self.ways[leaf]))

    def trunk_size(self) -> int:
        """Tokens of all that branches hang on."""
        return sum(len(self.slots[place].tokens) for place in self.trunk)

    def chunks(self, leaves: Sequence[int], budget: int) -> Iterator[list[int]]:
        """The branches in parts of at most `budget` tokens; of the first the trunk takes its share."""
        chunk: list[int] = []
        room = budget - self.trunk_size() + self.known
        for leaf in leaves:
            size = len(self.slots[leaf].tokens)
            if size > room and (chunk or room < budget):
                yield chunk
                chunk, room = [], budget
            chunk.append(leaf)
            room -= size
        yield chunk

    def layout(self, leaves: Sequence[int]) -> Layout:
        """The trunk, then these branches."""
        places = [*self.trunk, *leaves]
        new = {old: place for place, old in enumerate(places)} | {-1: -1}
        slots = (self.slots[old] for old in places)
        return lay_out([Slot(slot.tokens, new[slot.parent], slot.offset) for slot in slots])

    def first_job(self, leaves: Sequence[int]) -> Job:
        """What is not known of the trunk, and these branches."""
        return Job(self.layout(leaves), self.known, self.stem.layers if self.stem and self.known else ())

    def next_job(self, leaves: Sequence[int], trunk: Layers) -> Job:
        """Further branches, over the trunk's keys and values."""
        return Job(self.layout(leaves), self.trunk_size(), trunk)

    def rows(self, layout: Layout, number: int) -> list[int]:
        """The places that predict branch `number` of a layout: its last one, or that before each of its tokens."""
        node = len(self.trunk) + number
        begin, size = layout.starts[node], len(layout.slots[node].tokens)
        if self.readout == "yes-no":
            return [begin + size - 1]
        return [int(layout.paths[node][-1]), *range(begin, begin + size - 1)]

    def scores(self) -> Scores:
        """One value a branch, in the tree's order."""
        ways = [self.ways[leaf] for leaf in self.leaves]
        values = np.array([self.values[way] for way in ways])
        if not self.ends:
            return Scores(values, self.tokens)
        return Scores(values, self.tokens, np.stack([self.ends[way] for way in ways]))

    def _way(self, place: int) -> Way:
        """A digest of the readout and of all from the stem to the node at `place`."""
        if place not in self._digests:
            slot = self.slots[place]
            before = self._way(slot.parent) if slot.parent >= 0 else self.readout.encode()
            own = np.array([slot.offset, *slot.tokens] if slot.parent >= 0 else [], np.int64)
            self._digests[place] = blake2b(before + own.tobytes(), digest_size=16).digest()
        return self._digests[place]

    def _hooks(self) -> Iterator[int]:
        """Tokens of the stem whose last hidden state is read: a cache of keys and values does not hold it."""
        if self.readout == "likelihood":
            yield from (self.slots[leaf].offset - 1 for leaf in self.leaves if self.slots[leaf].parent == 0)

    def _depth(self, leaf: int) -> int:
        slot = self.slots[leaf]
        if slot.parent < 0 or slot.offset == 0 or not slot.tokens:
            raise ModelError("a branch must have tokens, and hang on at least one token of another node")
        depth = len(slot.tokens)
        while slot.parent >= 0:
            depth += slot.offset
            slot = self.slots[slot.parent]
        return depth
