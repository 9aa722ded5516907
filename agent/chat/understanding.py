"""From a turn's words to what it asks for: names and numbers first, then what is wanted with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from agent.chat.acts import EVERY, Act
from agent.chat.by_rules import RuleReader
from agent.chat.clauses import ClauseReader
from agent.chat.grammar import Number
from agent.chat.intents import Intent, IntentReader
from agent.chat.language import Language, plain_words
from agent.chat.marks import Marked
from agent.chat.names import Names
from agent.chat.noted import act_of, with_left_out
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
        self._resolver = Resolver(catalogue, language)
        self._clauses = ClauseReader(Names(catalogue, language), language)
        self.intents = intents or IntentReader(language, encode, kept)
        self._rules = RuleReader(language, self._clauses, self.intents, self._resolver)
        self._reader = reader

    def read(self, text: str, listed: bool = False, before: Sequence[Intent] = ()) -> list[Act]:
        """What a turn asks for, in order; nothing of an empty one.

        `listed` says that a list was shown before it, `before` what the turn before it asked for.
        """
        acts = self._by_model(text[:LONGEST], listed, before) or self.by_rules(text, listed)
        return [self._of_all(act, text) for act in acts] if listed else acts

    def by_rules(self, text: str, listed: bool = False) -> list[Act]:
        """The same without the language model."""
        return self._rules.read(text[:LONGEST], listed)

    def _by_model(self, text: str, listed: bool, before: Sequence[Intent]) -> list[Act]:
        if not self._reader or not any(map(str.isalnum, text)):
            return []
        turn = Marked.of(text, *self._clauses.found(text))
        negated = frozenset[int]().union(*(clause.negated for clause in self._clauses.read(text)))
        notes = with_left_out(self._reader.read(turn, listed, before), turn, negated)
        return [act_of(note, notes, turn, self._resolver) for note in notes]

    def _of_all(self, act: Act, text: str) -> Act:
        """An opinion of "these" is one of the whole list."""
        pointed = act.intent == "rate" and act.places == (0,) and not act.items
        every = pointed and self._language.says(plain_words(text), "everything")
        return replace(act, places=(EVERY,)) if every else act

    def agrees(self, text: str) -> bool:
        """Whether a turn says yes, and nothing else."""
        return self._says_only(text, "yes")

    def declines(self, text: str) -> bool:
        """Whether a turn says no, and nothing else."""
        return self._says_only(text, "no")

    def _says_only(self, text: str, name: str) -> bool:
        words, place, said = plain_words(text), 0, False
        while place < len(words):
            size = self._language.phrase(words, place, name)
            said = said or bool(size)
            size = size or self._language.phrase(words, place, "beside_answers")
            if not size:
                return False
            place += size
        return said

    def choice(self, text: str, among: Sequence[str]) -> tuple[list[int], list[Number]]:
        """What tells the items `among`, by id, apart in a turn: places, and years; nothing where it names others."""
        mentions, numbers = self._clauses.found(text)
        if any(not set(among) & {sense.value for sense in one.senses} for one in mentions):
            return [], []
        bare = len(plain_words(text)) == 1
        places = [one for one in numbers if one.what == "place" or (one.what == "count" and bare)]
        return [int(value) for one in places for value in one.values], [one for one in numbers if one.what == "years"]
