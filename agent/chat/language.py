"""What is understood in one language: its words for numbers, wishes and feelings, and how people ask for things."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files

from workspace.errors import UsageError

# A word, or one character of a script that writes without blanks between words.
WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+(?:['’][^\W_]+)*"
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text as it is compared, and the place of its characters."""

    word: str
    start: int
    end: int


@dataclass(frozen=True)
class Language:
    """The tables of one language, as its file has them."""

    code: str
    tables: Mapping[str, object]
    _split: dict[str, list[list[str]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, code: str) -> Language:
        """The language called `code`, "en" or "zh".

        Raises:
            UsageError: it is not spoken; the message names those that are.
        """
        folder = files("agent.chat") / "words"
        if not (file := folder / f"{code}.toml").is_file():
            known = sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))
            raise UsageError(f"language {code!r} is not spoken here; one of: {', '.join(known)}")
        return cls(code, tomllib.loads(file.read_text(encoding="utf-8")))

    def words(self, name: str) -> Sequence[str]:
        """A list of words; none where the language has no such list."""
        found = self.tables.get(name, [])
        assert isinstance(found, list)
        return found

    def table(self, name: str) -> Mapping[str, object]:
        """A table of words; an empty one where the language has none."""
        found = self.tables.get(name, {})
        assert isinstance(found, dict)
        return found

    def lists(self, name: str) -> Mapping[str, Sequence[str]]:
        """A table whose values are lists of words."""
        return {key: [str(one) for one in found] for key, found in self.table(name).items() if isinstance(found, list)}

    def numbers(self, name: str) -> Mapping[str, int]:
        """A table whose values are numbers."""
        return {key: int(str(value)) for key, value in self.table(name).items()}

    def phrase(self, words: Sequence[str], place: int, name: str) -> int:
        """How many words the longest phrase of a list has that begins at this place of a text; 0 where none does."""
        fits = (len(one) for one in self._phrases(name) if list(words[place : place + len(one)]) == one)
        return max(fits, default=0)

    def says(self, words: Sequence[str], name: str) -> bool:
        """Whether some phrase of a list stands in a text."""
        return any(self.phrase(words, place, name) for place in range(len(words)))

    def _phrases(self, name: str) -> list[list[str]]:
        """The phrases of a list, or, by "table.name", of one in a table, as words."""
        if name not in self._split:
            table, _, entry = name.partition(".")
            found = self.lists(table).get(entry, ()) if entry else self.words(name)
            self._split[name] = [words for text in found if (words := plain_words(text))]
        return self._split[name]

    @cached_property
    def known(self) -> frozenset[str]:
        """All words of its examples and tables: none of them is a misspelt name."""
        texts = [text for found in self.lists("intents").values() for text in found]
        texts += [
            text for name in ("negations", "affirmations", "breaks", "starters", "common") for text in self.words(name)
        ]
        texts += [*self.numbers("numbers"), *self.numbers("ordinals"), *self.numbers("decades")]
        texts += [text for found in self.lists("feelings").values() for text in found]
        return frozenset(word for text in texts for word in plain_words(text))


def tokens(text: str) -> list[Token]:
    """The words of a text, small letters without accents."""
    return [Token(plain(match[0]), match.start(), match.end()) for match in WORD.finditer(text)]


def plain_words(text: str) -> list[str]:
    """The words alone."""
    return [token.word for token in tokens(text)]


def key(text: str) -> str:
    """A name as it is looked up."""
    return " ".join(plain_words(text))


def plain(word: str) -> str:
    """Small letters, without accents and apostrophes."""
    bare = unicodedata.normalize("NFKD", word.casefold()).replace("'", "").replace("’", "")
    return unicodedata.normalize("NFC", "".join(letter for letter in bare if not unicodedata.combining(letter)))
