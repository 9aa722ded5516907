"""What a turn is answered with, part by part."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """One item of a list, by its `number` in it; `facts` are its year and categories, in words."""

    number: int
    item_id: str
    title: str
    facts: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the item with this number is in the list."""

    number: int
    text: str


Part = Said | Card | Reason
