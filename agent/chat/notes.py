"""The short form in which a language model writes down what a turn asks for: "rate like T1 ; similar T1"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from agent.chat.intents import INTENTS, Intent

ITSELF = "^"  # the mark of what was spoken of before
BETWEEN = " ; "
MARK = re.compile(r"-?(?:\^|[A-Z]\d+)")
FLAGS = ("like", "dislike", "seen", "older", "newer", "drop", "year", "category", "people", "all")


@dataclass(frozen=True, slots=True)
class Note:
    """One act: its intent, `flags`, marks of what belongs to it, and of these what is `turned_down`."""

    intent: Intent
    flags: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    turned_down: frozenset[str] = frozenset()

    def __str__(self) -> str:
        marks = [f"-{mark}" if mark in self.turned_down else mark for mark in self.marks]
        return " ".join((self.intent, *self.flags, *marks))

    def only(self, known: Collection[str]) -> Note:
        """The same without marks that are not known."""
        kept = tuple(mark for mark in self.marks if mark in known or mark == ITSELF)
        return Note(self.intent, self.flags, kept, self.turned_down & set(kept))


def notes(line: str) -> list[Note]:
    """What stands in a line; what is no such form is passed over."""
    return [found for part in line.split(BETWEEN.strip()) if (found := _note(part.split()))]


def _note(words: Sequence[str]) -> Note | None:
    intent = next((one for one in INTENTS if words and one == words[0]), None)
    marks = [word for word in words[1:] if MARK.fullmatch(word)]
    return intent and Note(
        intent,
        tuple(dict.fromkeys(word for word in words[1:] if word in FLAGS)),
        tuple(dict.fromkeys(word.lstrip("-") for word in marks)),
        frozenset(word[1:] for word in marks if word.startswith("-")),
    )
