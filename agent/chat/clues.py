"""What stands in a clause, as clues to its intent beside its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.chat.acts import Feeling, Wish
from agent.chat.clauses import FEELINGS, Clause
from agent.chat.intents import INTENTS, Intent
from agent.chat.language import Language

LISTS: tuple[Intent, ...] = ("recommend", "refine", "search")
ABOUT_LISTS: tuple[Intent, ...] = (*LISTS, "similar")
NEEDS_ITEM: tuple[Intent, ...] = ("rate", "similar", "why_not")
NEVER, SELDOM, OFTEN = -1e9, -2.5, 2.5  # what a clue adds to log P(intent)


@dataclass(frozen=True, slots=True)
class Clues:
    """Of one clause: its wishes and its feeling, and whether an item is `pointed` at, or a list was shown before."""

    clause: Clause
    wishes: tuple[Wish, ...]
    feeling: Feeling | None
    pointed: bool
    listed: bool

    def added(self, language: Language) -> NDArray[np.float64]:
        """What the clues add to log P(intent), float64 [intents]."""
        found = dict.fromkeys(INTENTS, 0.0)
        for part in (self._items(), self._likeness(language), self._reasons(language), self._wishes_of(language)):
            for intent, value in part.items():
                found[intent] += value
        return np.array([found[intent] for intent in INTENTS])

    def _items(self) -> dict[Intent, float]:
        """An opinion is one of something; so are likeness and absence."""
        if not self.pointed:
            return {intent: NEVER for intent in NEEDS_ITEM if intent != "why_not" or not self.wishes}
        if self.clause.of("rating"):
            return {"rate": 4 * OFTEN}
        return {"rate": OFTEN if self.feeling else SELDOM}

    def _likeness(self, language: Language) -> dict[Intent, float]:
        """Likeness to a title is asked for by a word for that."""
        return {"similar": SELDOM} if self.clause.items and not language.says(self.clause.words, "likeness") else {}

    def _reasons(self, language: Language) -> dict[Intent, float]:
        """Reasons are asked for by a word for that; those for an absence with a negation."""
        words = self.clause.words
        if not language.says(words, "whys"):
            return {"explain": SELDOM / 2, "why_not": SELDOM / 2}
        return {"explain": OFTEN, "why_not": 3 * OFTEN if language.says(words, "negations") else OFTEN}

    def _wishes_of(self, language: Language) -> dict[Intent, float]:
        """Wishes ask for lists, for good only by a word that says so; words of no use otherwise, for a search."""
        words, counts = self.clause.words, bool(self.clause.of("count"))
        new = [word for word in self.clause.free if word not in language.known and len(word) > 2]
        found: dict[Intent, float] = {
            "search": min(len(new), 2) / 2 if new else NEVER if self.wishes else 0.0 if self.clause.items else SELDOM,
            "correct": 0.0 if language.says(words, "lasting") else SELDOM,
        }
        if self.wishes or counts:
            found |= {"small_talk": NEVER, "out_of_scope": SELDOM}
        changes = self.wishes or counts or language.says(words, "negations")
        if self.listed and changes and not language.says(words, "requests"):
            found |= {"refine": OFTEN / 2, "recommend": SELDOM / 2}
        return found


def feeling_in(clause: Clause, language: Language) -> Feeling | None:
    """The opinion that a clause has of something known; none of "sounds great"."""
    words = clause.words
    if language.says(words, "seems"):
        return None
    for name in FEELINGS:
        place = next((one for one in range(len(words)) if language.phrase(words, one, f"feelings.{name}")), None)
        if place is not None:
            turned = any(language.phrase(words, one, "negations") for one in range(place))
            return ("dislike" if name == "like" else None if name == "seen" else name) if turned else name
    return None
