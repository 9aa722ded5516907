"""Keys and values of stems that have been read, kept from request to request in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

SCORES = 20_000  # of branches that a stem keeps at the most
SCORE_BYTES = 256  # that one of them takes, about
Layers = tuple[tuple[Tensor, Tensor], ...]
Way = bytes
Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stem:
    """A stem of n tokens: each layer's keys and values, [1, key heads, n, D], and the scores of branches behind it.

    A score's key is a digest of the readout and the way from the stem to the branch's end. No tensor here is ever
    written to: a request joins its own tokens to them in tensors of its own.
    """

    ids: Ids
    layers: Layers
    scores: dict[Way, float] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of keys, values and scores."""
        return sum(one.nbytes for layer in self.layers for one in layer) + SCORE_BYTES * len(self.scores)

    def remember(self, scores: Mapping[Way, float]) -> None:
        """Keep scores for as long as the stem stands; past `SCORES` of them it starts anew."""
        if len(self.scores) + len(scores) > SCORES:
            self.scores.clear()
        self.scores.update(islice(scores.items(), SCORES))


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

    def keep(self, maker: str, stem: Stem, scores: Mapping[Way, float] | None = None) -> None:
        """Keep a stem with the scores behind it, and let go of others until all fit: first of what it grew from."""
        key = (maker, stem.ids.tobytes())
        with self._lock:
            if key not in self._stems:
                if stem.size > self.limit:
                    return
                for other in self._outgrown(maker, stem):
                    self._stems.move_to_end(other, last=False)
                self._stems[key] = stem
                self.size += stem.size
            kept = self._stems[key]
            self.size -= kept.size
            kept.remember(scores or {})
            self.size += kept.size
            while self.size > self.limit:
                self.size -= self._stems.popitem(last=False)[1].size

    def _outgrown(self, maker: str, stem: Stem) -> list[tuple[str, bytes]]:
        """The earlier states of the same history, not the instruction that other histories begin with as well."""
        own = [(key, kept) for key, kept in self._stems.items() if key[0] == maker]
        return [
            key
            for key, kept in own
            if len(kept.ids) < len(stem.ids) < 2 * len(kept.ids)
            and _begins(stem, kept)
            and not any(_begins(other, kept) and not _begins(stem, other) for _, other in own)
        ]


def _begins(stem: Stem, earlier: Stem) -> bool:
    return len(earlier.ids) <= len(stem.ids) and _common(earlier.ids, stem.ids) == len(earlier.ids)


def _common(one: Ids, other: Ids) -> int:
    """How many leading ids are the same."""
    shorter = min(len(one), len(other))
    different = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(different[0]) if len(different) else shorter
