"""Turns of chats, written by hand with what they ask for, from which a model learns to read them (`tuning/turns/`).

In the files marks stand for names and numbers, "any good {K1} from {Y1}? => recommend K1 Y1". Whenever a turn is learnt
from, others are put in their places, all made up, and what is found in it then is marked as in any chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from agent.chat.clauses import ClauseReader
from agent.chat.clues import ABOUT_LISTS
from agent.chat.intents import Intent
from agent.chat.language import Language
from agent.chat.marks import Marked
from agent.chat.names import Names
from agent.chat.notes import BETWEEN, ITSELF, Note, notes
from history.catalogue import Catalogue
from history.records import Item
from tuning import made_words

GIVEN = " => "
HOLE = re.compile(r"\{([A-Z])(\d+)\}")
BOUNDED = re.compile(r"\b(from|of|in|the|a|early|late)\s*$", re.IGNORECASE)  # before years
OTHERS = 12  # items of a catalogue beside those that a turn names
LOWERED, LAST_NAME, HURRIED = 0.4, 0.3, 0.25


@dataclass(frozen=True)
class WrittenTurn:
    """A turn with marks in it and what it asks for; whether a list was shown before, and the intents before."""

    text: str
    asked: tuple[Note, ...]
    listed: bool
    before: tuple[Intent, ...]


@dataclass(frozen=True)
class TurnLesson:
    """A turn as the model reads it, and what is to be written."""

    text: str
    listed: bool
    before: tuple[Intent, ...]
    answer: str


def turn_lessons(language: Language, seed: int) -> Iterator[TurnLesson]:
    """Every written turn once, in random order, with other names and numbers by every seed."""
    generator = np.random.default_rng(seed)
    turns = written_turns()
    for place in generator.permutation(len(turns)).tolist():
        yield filled(turns[place], language, generator)


@cache
def written_turns() -> Sequence[WrittenTurn]:
    """All turns of all files."""
    found = []
    for file in sorted((one for one in files("tuning").joinpath("turns").iterdir()), key=lambda one: one.name):
        for dialogue in file.read_text(encoding="utf-8").split("\n\n"):
            listed, before = False, tuple[Intent, ...]()
            for line in dialogue.strip().splitlines():
                text, _, asked = line.partition(GIVEN)
                turn = WrittenTurn(text, tuple(notes(asked)), listed, before)
                found.append(turn)
                before = tuple(note.intent for note in turn.asked)
                listed = listed or any(intent in ABOUT_LISTS for intent in before)
    return found


def filled(turn: WrittenTurn, language: Language, generator: np.random.Generator) -> TurnLesson:
    """A turn with made-up names and numbers, marked as the chat would mark it: what is not found there is not asked."""
    filler = _Filler(language, generator)
    text, spots = filler.fill(turn.text)
    marked = Marked.of(text, *ClauseReader(Names(filler.catalogue(), language), language).found(text))
    names = dict[str, str]()
    for mark, one in marked.found.items():
        inside = (hole for hole, (start, end) in spots.items() if start < one.end and one.start < end)
        if (hole := next(inside, None)) and hole[0] == mark[0]:
            names.setdefault(hole, mark)
    answer = [_renamed(note, names) for note in turn.asked]
    return TurnLesson(marked.text, turn.listed, turn.before, BETWEEN.join(map(str, answer)))


def _renamed(note: Note, names: Mapping[str, str]) -> Note:
    kept, own = note.only(names), {**names, ITSELF: ITSELF}
    marks, turned_down = ([own[mark] for mark in some] for some in (kept.marks, kept.turned_down))
    return Note(note.intent, note.flags, tuple(marks), frozenset(turned_down))


class _Filler:
    """Puts made-up names and numbers into one turn; what it names joins a small catalogue."""

    def __init__(self, language: Language, generator: np.random.Generator) -> None:
        self._language, self._generator = language, generator
        self._kinds = language.lists("kinds")
        self._titles = [made_words.title(generator, language) for _ in range(OTHERS)]
        self._people: list[str] = []

    def fill(self, template: str) -> tuple[str, Mapping[str, tuple[int, int]]]:
        """A text without holes, and where each was."""
        text, last, spots = "", 0, dict[str, tuple[int, int]]()
        lowered, hurried = self._generator.random(2) < (LOWERED, HURRIED)
        for hole in HOLE.finditer(template):
            text += self._between(template[last : hole.start()], hurried)
            last = hole.end()
            said = self._said(hole[1], text)
            spots.setdefault(hole[1] + hole[2], (len(text), len(text) + len(said)))
            text += said.lower() if lowered else said
        return text + self._between(template[last:], hurried), spots

    def catalogue(self) -> Catalogue:
        """All that is named, and others."""
        people = [{"people": name} for name in self._people] or [{}]
        kinds = tuple(self._kinds)
        return Catalogue(
            Item(str(place), title, categories=kinds, facets=people[place % len(people)])
            for place, title in enumerate(self._titles)
        )

    def _between(self, words: str, hurried: bool) -> str:
        return made_words.mistyped(self._generator, words) if hurried else words

    def _said(self, letter: str, before: str) -> str:
        """What is said in place of a mark, behind what stands before."""
        generator, kinds = self._generator, self._kinds
        if letter == "T":
            self._titles.append(made_words.title(generator, self._language))
            return made_words.misspelt(generator, self._titles[-1])
        if letter == "N":
            self._people.append(made_words.person(generator))
            name = self._people[-1]
            return made_words.misspelt(generator, name.split()[-1] if generator.random() < LAST_NAME else name)
        if letter == "K":
            kind = str(generator.choice([*kinds]))
            return made_words.misspelt(generator, str(generator.choice((kind.lower(), kind.lower(), *kinds[kind]))))
        if letter == "Y":
            return made_words.years(generator, BOUNDED.search(before) is not None)
        if letter == "P":
            return made_words.places(generator, before)
        return made_words.count(generator) if letter == "C" else made_words.rating(generator)
