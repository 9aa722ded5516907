"""From a turn's words to what it asks for: names and numbers first, then what is wanted with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from agent.chat.acts import Act
from agent.chat.by_rules import RuleReader
from agent.chat.clauses import ClauseReader
from agent.chat.grammar import Number
from agent.chat.intents import Intent, IntentReader
from agent.chat.language import Language, plain_words
from agent.chat.marks import Marked
from agent.chat.names import Names
from agent.chat.noted import act_of
from agent.chat.reading import TurnReader
from agent.chat.resolving import Resolver
from history.catalogue import Catalogue
from retrieval.encoder import Vectors

LONGEST = 1_000  # characters of a turn that are read


class Understanding:
    """Reads turns in one language about one catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        language: Language,
        encode: Callable[[Sequence[str]], Vectors],
        kept: Path | None = None,
        reader: TurnReader | None = None,
        intents: IntentReader | None = None,
    ) -> None:
        """`encode` embeds sentences; in the folder `kept`, if any, the embeddings of a language's examples lie.

        With a `reader` a language model says what is wanted; without one, and where it says nothing, rules do.
        `intents` that were learnt for another catalogue, in the same language, need not be learnt again.
        """
        self._language = language
        self._resolver = Resolver(catalogue)
        self._clauses = ClauseReader(Names(catalogue, language), language)
        self.intents = intents or IntentReader(language, encode, kept)
        self._rules = RuleReader(language, self._clauses, self.intents, self._resolver)
        self._reader = reader

    def read(self, text: str, listed: bool = False, before: Sequence[Intent] = ()) -> list[Act]:
        """What a turn asks for, in order; nothing of an empty one.

        `listed` says that a list was shown before it, `before` what the turn before it asked for.
        """
        return self._by_model(text[:LONGEST], listed, before) or self.by_rules(text, listed)

    def by_rules(self, text: str, listed: bool = False) -> list[Act]:
        """The same without the language model."""
        return self._rules.read(text[:LONGEST], listed)

    def _by_model(self, text: str, listed: bool, before: Sequence[Intent]) -> list[Act]:
        if not self._reader or not any(map(str.isalnum, text)):
            return []
        turn = Marked.of(text, *self._clauses.found(text))
        notes = self._reader.read(turn, listed, before)
        return [act_of(note, notes, turn, self._resolver) for note in notes]

    def agrees(self, text: str) -> bool:
        """Whether a turn says yes."""
        words = plain_words(text)
        return bool(words) and self._language.phrase(words, 0, "yes") > 0

    def choice(self, text: str) -> tuple[list[int], list[Number]]:
        """What tells things of one name apart in a turn: places, and years."""
        numbers = self._clauses.numbers(text)
        places = [int(value) for one in numbers if one.what in ("place", "count") for value in one.values]
        return places, [one for one in numbers if one.what == "years"]
