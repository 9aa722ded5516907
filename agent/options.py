"""What a caller may choose; light, so that the command line can read its defaults from here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Recipe(StrEnum):
    """How long the user tower is trained: until validation stops it, or a few epochs."""

    full = "full"
    short = "short"


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How much validation data is looked at, and how long the user tower is trained.

    `language_targets` 0 leaves the language model's weight at 0.
    """

    targets: int = 1_000
    language_targets: int = 64
    recipe: Recipe = Recipe.full
    seed: int = 0
