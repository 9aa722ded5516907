"""Which of a closed set of intents a clause has, by how near it is to the examples of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from agent.chat.language import Language
from retrieval.encoder import Vectors

Intent = Literal[
    "recommend",
    "refine",
    "explain",
    "why_not",
    "similar",
    "search",
    "interests",
    "forecast",
    "correct",
    "rate",
    "undo",
    "forget",
    "small_talk",
    "out_of_scope",
]
INTENTS: tuple[Intent, ...] = get_args(Intent)
SHARPNESS = 16.0  # how much nearer examples count for more
Floats = NDArray[np.float64]


class IntentReader:
    """P(intent) of clauses whose names are masked: a kernel density over the examples' sentence embeddings.

    P(intent | text) ∝ Σ exp(SHARPNESS · cosine) over the intent's examples (Nadaraya and Watson 1964). A language is
    learnt by writing examples, and read by any encoder that knows it.
    """

    def __init__(self, language: Language, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._examples: Mapping[str, Sequence[str]] = language.lists("intents")
        self._encode = encode

    def read(self, clauses: Sequence[str]) -> Floats:
        """Log P(intent), float64 [clauses, intents], in the order of `INTENTS`."""
        near = SHARPNESS * (self._encode(clauses) @ self._embedded.T).astype(float)
        each = [np.logaddexp.reduce(near[:, self._of == place], axis=1) for place in range(len(INTENTS))]
        sums = np.stack(each, axis=1) - np.log([np.count_nonzero(self._of == place) for place in range(len(INTENTS))])
        found: Floats = sums - np.logaddexp.reduce(sums, axis=1, keepdims=True)
        return found

    @cached_property
    def _embedded(self) -> Vectors:
        return self._encode([text for intent in INTENTS for text in self._examples[intent]])

    @cached_property
    def _of(self) -> NDArray[np.int64]:
        return np.repeat(np.arange(len(INTENTS)), [len(self._examples[intent]) for intent in INTENTS])
