"""Lines that may be written, and no others: a trie of their tokens, kept as sorted rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

END = -1  # past a line's last token
Tokens = NDArray[np.int32]


@dataclass(frozen=True)
class Lines:
    """What may be written line after line: `count` of these lines, none of them twice.

    `rows`, int32 [different lines, longest + 1], are their tokens in order, `END` past each; none begins another one.
    """

    rows: Tokens
    count: int

    @classmethod
    def of(cls, lines: Sequence[Sequence[int]], count: int) -> Lines:
        """Of the lines' tokens; each line ends with a token that stands nowhere else in it."""
        longest = max(map(len, lines), default=0)
        rows = np.full((len(lines), longest + 1), END, np.int32)
        for row, line in zip(rows, lines, strict=True):
            row[: len(line)] = line
        different = np.unique(rows, axis=0)
        return cls(different, min(count, len(different)))

    def following(self, written: Sequence[int]) -> Tokens:
        """The tokens that may come next, in order; none when all is written, or what was written is no such line."""
        used, low, high, depth = self._walk(written)
        if len(used) == self.count:
            return self.rows[:0, 0]
        free = np.ones(high - low, bool)
        free[[place - low for place in used if low <= place < high]] = False
        return np.unique(self.rows[low:high, depth][free])

    def forced(self, written: Sequence[int], most: int) -> list[int]:
        """Up to so many next tokens that leave no choice."""
        found: list[int] = []
        while len(found) < most and len(following := self.following([*written, *found])) == 1:
            found.append(int(following[0]))
        return found

    def _walk(self, written: Sequence[int]) -> tuple[list[int], int, int, int]:
        """The rows that are written, and those, from one up to another, that begin like the rest, at which depth."""
        used: list[int] = []
        low, high, depth = 0, len(self.rows), 0
        for token in written:
            if low == high:
                break
            column = self.rows[low:high, depth]
            low, high = (low + int(np.searchsorted(column, token, side)) for side in ("left", "right"))
            depth += 1
            if low < high and self.rows[low, depth] == END:
                used.append(low)
                low, high, depth = 0, len(self.rows), 0
        return used, low, high, depth
