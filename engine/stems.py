"""Keys and values of stems that have been read, kept from request to request in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

SCORES = 50_000  # of branches that a stem keeps at the most
Layers = tuple[tuple[Tensor, Tensor], ...]
Way = tuple[object, ...]
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem of n tokens: each layer's keys and values, [1, key heads, n, D], and the scores of branches behind it.

    A score's key is the readout and the way from the stem to the branch's end. No tensor here is ever written to: a
    request joins its own tokens to them in tensors of its own.
    """

    ids: Ids
    layers: Layers
    scores: dict[Way, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of keys and values."""
        return sum(one.nbytes for layer in self.layers for one in layer)

    def remember(self, scores: Mapping[Way, float]) -> None:
        """Keep scores for as long as the stem stands; past `SCORES` of them it starts anew."""
        if len(self.scores) + len(scores) > SCORES:
            self.scores.clear()
        self.scores.update(scores)


class StemCache:
    """Stems by what made them (`maker`: model, adapter and precision) and their token ids, least recently used first.

    What a template, a setting or an event changes changes the ids: such a stem is found up to where it is the same. So
    all users share the instruction, a new event costs its own tokens, and nothing stale can be found.
    """

    def __init__(self, limit: int) -> None:
        """Hold at most `limit` bytes of keys and values; 0 keeps nothing."""
        self.limit = limit
        self.size = 0  # bytes held
        self._stems: OrderedDict[tuple[str, bytes], Stem] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._stems)

    def stems(self) -> list[tuple[str, Stem]]:
        """What is held, with its maker, least recently used first."""
        with self._lock:
            return [(maker, stem) for (maker, _), stem in self._stems.items()]

    def find(self, maker: str, ids: Sequence[int]) -> tuple[Stem | None, int]:
        """The kept stem that begins most like `ids`, and the number of tokens that the two have in common."""
        wanted = np.asarray(ids, np.int64)
        with self._lock:
            exact = (maker, wanted.tobytes())
            if exact in self._stems:
                self._stems.move_to_end(exact)
                return self._stems[exact], len(wanted)
            others = [(_common(stem.ids, wanted), key) for key, stem in self._stems.items() if key[0] == maker]
            common, key = max(others, key=lambda other: other[0], default=(0, exact))
            return (self._stems[key], common) if common else (None, 0)

    def keep(self, maker: str, stem: Stem) -> None:
        """Keep a stem, and let go of others until all fit; of those first that it has grown from."""
        if stem.size > self.limit:
            return
        key = (maker, stem.ids.tobytes())
        with self._lock:
            if key in self._stems:
                return
            for other in [one for one, kept in self._stems.items() if one[0] == maker and _outgrown(kept, stem)]:
                self._stems.move_to_end(other, last=False)
            self._stems[key] = stem
            self.size += stem.size
            while self.size > self.limit:
                self.size -= self._stems.popitem(last=False)[1].size


def _outgrown(kept: Stem, stem: Stem) -> bool:
    """Whether `kept` is an earlier state of the same history, not the instruction that all histories share."""
    return len(kept.ids) < len(stem.ids) < 2 * len(kept.ids) and _common(kept.ids, stem.ids) == len(kept.ids)


def _common(one: Ids, other: Ids) -> int:
    """How many leading ids are the same."""
    shorter = min(len(one), len(other))
    different = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(different[0]) if len(different) else shorter
