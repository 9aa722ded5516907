"""What the rest of the house knows of a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from prompts.segment import Segment, Wording
from workspace.settings import Readout as Readout


@dataclass(frozen=True, slots=True)
class Node:
    """A segment that hangs on another one.

    `parent` is the place of that other node in the tree, -1 for a root. `after` says after how many of the parent's
    pieces it hangs, None for its end: it sees the parent up to there and nothing beyond.
    """

    segment: Segment
    parent: int = -1
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes, each after its parent; those on which nothing hangs are the branches that are scored.

    With `ends` the hidden states at the branches' ends are wanted too; only where the readout is `yes-no`.
    """

    nodes: tuple[Node, ...]
    readout: Readout = "yes-no"
    ends: bool = False

    @classmethod
    def reranking(cls, stem: Segment, bridge: Segment, branches: list[Segment], readout: Readout) -> Tree:
        """One stem, one bridge, many branches; without branches an empty tree."""
        if not branches:
            return cls((), readout)
        return cls((Node(stem), Node(bridge, 0), *(Node(branch, 1) for branch in branches)), readout)

    def leaves(self) -> list[int]:
        """The places of the branches, in order."""
        parents = {node.parent for node in self.nodes}
        return [place for place in range(len(self.nodes)) if place not in parents]


@dataclass(frozen=True, slots=True)
class Scores:
    """One value a branch, in the tree's order.

    For `yes-no` the log-odds of yes against no at the branch's end; for `likelihood` the log-likelihood, in nats, of
    the branch's tokens. `tokens` counts what went through the model, and so leaves out what was known before. `ends`,
    float32 [branches, width of the model], has no rows where they were not asked for.
    """

    values: NDArray[np.float64]
    tokens: int
    ends: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))


@dataclass(frozen=True, slots=True)
class WriteLimits:
    """Where writing ends: after so many tokens, or before the first of these texts.

    With `lines` only these can be written, each with its end of line, `count` of them and none twice.
    """

    tokens: int = 48
    stop: tuple[str, ...] = field(default=("\n",))
    lines: tuple[str, ...] = ()
    count: int = 0


class Engine(Protocol):
    """A language model, local or remote."""

    @property
    def name(self) -> str:
        """The model's name and precision, for people."""
        ...

    @property
    def tokens(self) -> Wording:
        """What a renderer must know of the model's tokenizer."""
        ...

    @property
    def large(self) -> bool:
        """Whether the model is large enough to be trusted with words of its own."""
        ...

    def score(self, tree: Tree) -> Scores:
        """Score every branch of the tree, each by its own ancestors alone."""
        ...

    def score_all(self, trees: Sequence[Tree]) -> list[Scores]:
        """The same for many trees at once."""
        ...

    def write(self, stem: Segment, limits: WriteLimits) -> Iterator[str]:
        """Write on from the stem, yielding text as it comes."""
        ...

    def write_all(self, stems: Sequence[Segment], limits: WriteLimits) -> Iterator[tuple[int, str]]:
        """The same from many stems at once: which stem, and a piece of its text."""
        ...
