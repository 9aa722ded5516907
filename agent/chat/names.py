"""Which names of the catalogue stand in a text: titles, categories, and other facets such as people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from agent.chat.language import Language, Token, key, tokens
from history.catalogue import Catalogue, split_values

Sort = Literal["item", "category", "facet"]
LETTERS = 5  # of so many one may be wrong, missing, too many, or swapped with the next
SHORTEST = 5  # letters of words that may be misspelt
QUOTED = 70.0  # of 100, how like a name must be what stands in quotes
WORDS = 9  # of a name at the most
FACET_WORDS, FACET_LETTERS = 4, 40  # of a facet's value that people would say
ARTICLES = ("the", "a", "an", "la", "le", "les", "il", "el", "das", "der", "die")


@dataclass(frozen=True, slots=True)
class Sense:
    """What a name may stand for: an item, by its id, or a value of a field."""

    sort: Sort
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a text, by the places of its characters, and all that it may stand for."""

    start: int
    end: int
    senses: tuple[Sense, ...]

    def of(self, *sorts: Sort) -> list[Sense]:
        """The senses of these sorts."""
        return [sense for sense in self.senses if sense.sort in sorts]


class Names:
    """The names of a catalogue, as people say them in one language."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self._language = language
        found: dict[str, dict[Sense, None]] = defaultdict(dict)
        for name, sense in (*_titles(catalogue), *_categories(catalogue, language), *_facets(catalogue)):
            if name:
                found[name][sense] = None
        self._senses = {name: tuple(senses) for name, senses in found.items()}
        self._pronouns, self._verbs = set(language.words("pronouns")), set(language.words("verbs"))
        self._common = set(language.words("common")) | set(language.words("pronouns"))

    def find(self, text: str) -> list[Mention]:
        """All names in a text, from left to right, none within another."""
        words = tokens(text)
        taken = [False] * len(words)
        found = [
            *self._exact(text, words, taken, 2),
            *self._quoted(text, words, taken),
            *self._misspelt(words, taken, 2),
        ]
        found += [*self._exact(text, words, taken, 1), *self._misspelt(words, taken, 1)]
        return sorted(found, key=lambda mention: mention.start)

    def _exact(self, text: str, words: Sequence[Token], taken: list[bool], fewest: int) -> Iterator[Mention]:
        """Names of at least so many words, the longest first."""
        for start in range(len(words)):
            for end in range(min(start + WORDS, len(words)), start + fewest - 1, -1):
                if any(taken[start:end]):
                    continue
                name = " ".join(word.word for word in words[start:end])
                senses = self._senses.get(name, ())
                if self._is_common(name) and not self._stands_out(text, words, start, end):
                    senses = tuple(sense for sense in senses if sense.sort == "category")
                if senses:
                    yield self._take(words, taken, start, end, senses)
                    break

    def _is_common(self, name: str) -> bool:
        first, _, rest = name.partition(" ")
        return name in self._common or (first in ARTICLES and rest in self._common)

    def _stands_out(self, text: str, words: Sequence[Token], start: int, end: int) -> bool:
        """Whether common words are written as a title: in quotes, or with a capital where none is due."""
        before, after = text[: words[start].start].rstrip(), text[words[end - 1].end :].lstrip()
        if before[-1:] in "\"“«'" and before and after[:1] in "\"”»'" and after:
            return True
        if not text[words[start].start].isupper() or words[start].word == "i" or text.isupper():
            return False
        begins = not before or before[-1] in ".!?:;"
        marked = not after or not after[0].isalnum()
        pronoun = " ".join(word.word for word in words[start:end]) in self._pronouns
        said_of = not pronoun and words[end].word in self._verbs if end < len(words) else True
        return not begins or marked or said_of

    def _quoted(self, text: str, words: Sequence[Token], taken: list[bool]) -> Iterator[Mention]:
        """What stands in quotes is a title, though it may be misspelt."""
        for match in re.finditer(r'["“«]([^"”»]{2,})["”»]', text):
            inside = [place for place, word in enumerate(words) if match.start() < word.start < match.end()]
            if inside and not any(taken[place] for place in inside):
                senses = self._senses.get(key(match[1])) or self._like(key(match[1]), QUOTED)
                if senses:
                    yield self._take(words, taken, inside[0], inside[-1] + 1, senses)

    def _misspelt(self, words: Sequence[Token], taken: list[bool], fewest: int) -> Iterator[Mention]:
        """Names in which a few letters are wrong: of at least so many words, one of which nobody needs otherwise."""
        known = self._language.known
        for size in range(WORDS if fewest > 1 else 1, fewest - 1, -1):
            for start in range(len(words) - size + 1):
                part = [word.word for word in words[start : start + size]]
                if any(taken[start : start + size]) or all(word in known or len(word) < 3 for word in part):
                    continue
                senses, first = self._almost(" ".join(part))
                if part[0] in known and part[0] not in ARTICLES and part[0] != first:
                    continue
                if size == 1 and len(part[0]) <= SHORTEST:
                    senses = tuple(sense for sense in senses if sense.sort == "category")
                if senses:
                    yield self._take(words, taken, start, start + size, senses)

    def _almost(self, name: str) -> tuple[tuple[Sense, ...], str]:
        """What is called almost so, and the first word of that name; nothing where too many letters differ."""
        spelt = any("a" <= letter <= "z" for letter in name)  # a sign of another script is a word, no letter
        wrong = len(name) // LETTERS if spelt and len(name) >= SHORTEST else 0
        best = process.extractOne(name, self._long, scorer=OSA.distance, score_cutoff=wrong) if wrong else None
        return (self._senses[best[0]], best[0].split()[0]) if best and best[0][0] == name[0] else ((), "")

    def _like(self, name: str, close: float) -> tuple[Sense, ...]:
        best = process.extractOne(name, self._long, scorer=fuzz.ratio, score_cutoff=close)
        return self._senses[best[0]] if best else ()

    @cached_property
    def _long(self) -> list[str]:
        return [name for name in self._senses if len(name) >= SHORTEST and name not in self._common]

    def _take(
        self, words: Sequence[Token], taken: list[bool], start: int, end: int, senses: tuple[Sense, ...]
    ) -> Mention:
        taken[start:end] = [True] * (end - start)
        return Mention(words[start].start, words[end - 1].end, senses)


def _titles(catalogue: Catalogue) -> Iterator[tuple[str, Sense]]:
    """Each title as it stands, with its article in front, and without; before a colon too, where only one has that."""
    short, whole = defaultdict[str, set[str]](set), set[str]()
    for item in catalogue.values():
        sense = Sense("item", "", item.item_id)
        title = re.sub(r"^(.*), (The|A|An|La|Le|Les|Il|El|Das|Der|Die)$", r"\2 \1", item.title)
        name = key(title)
        yield name, sense
        whole.add(name)
        first, _, rest = name.partition(" ")
        if first in ARTICLES and rest:
            yield rest, sense
        head = key(title.partition(":")[0])
        if head != name and " " in head:
            short[head].add(item.item_id)
    for head, item_ids in short.items():
        if len(item_ids) == 1 and head not in whole:
            yield head, Sense("item", "", item_ids.pop())


def _categories(catalogue: Catalogue, language: Language) -> Iterator[tuple[str, Sense]]:
    kinds = language.lists("kinds")
    for category in dict.fromkeys(name for item in catalogue.values() for name in item.categories):
        sense = Sense("category", "category", category)
        said = key(category)
        for name in (said, f"{said}s", *(key(other) for other in kinds.get(category, ()))):
            yield name, sense


def _facets(catalogue: Catalogue) -> Iterator[tuple[str, Sense]]:
    """Values of other fields that people would say; of several words the last one too, such as a person's name."""
    firsts = defaultdict[str, set[Sense]](set)
    for item in catalogue.values():
        for field, text in item.facets.items():
            for value in split_values(text):
                words = key(value).split()
                if words and len(words) <= FACET_WORDS and len(value) <= FACET_LETTERS and not value.isdigit():
                    sense = Sense("facet", field, value)
                    yield " ".join(words), sense
                    if len(words) > 1 and len(words[-1]) > 3:
                        yield words[-1], sense
                    firsts[words[0]].add(sense)
    for first, senses in firsts.items():  # a first name that one alone bears
        if len(senses) == 1 and len(first) >= SHORTEST:
            yield first, senses.pop()
