"""What a caller may choose; light, so that the command line can read its defaults from here."""

from __future__ import annotations

from dataclasses import dataclass

FEWEST = 30  # from fewer targets the weights would run to their bounds: the defaults are better


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How much validation data is looked at; `language_targets` 0 leaves the language model's weight at 0."""

    targets: int = 1_000
    language_targets: int = 64
    seed: int = 0
