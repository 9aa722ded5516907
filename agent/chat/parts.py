"""What a turn is answered with, part by part."""

from __future__ import annotations

from dataclasses import dataclass

from history.records import Item
from prompts.segment import clean


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


def card_of(number: int, item: Item) -> Card:
    """An item as a card."""
    facts = [str(item.year)] if item.year else []
    return Card(number, item.item_id, clean(item.title), ", ".join((*facts, *map(clean, item.categories))))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the item with this number is in the list."""

    number: int
    text: str


Part = Said | Card | Reason


def plain(part: Part) -> str:
    """A part as a line of plain text."""
    if isinstance(part, Said):
        return part.text
    if isinstance(part, Card):
        return f"{part.number}. {part.title}" + (f" ({part.facts})" if part.facts else "")
    return f"{part.number}: {part.text}"
