"""The clauses of a turn: what stands in each, and which names in it are turned down."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent.chat.acts import Feeling
from agent.chat.grammar import Grammar, Number
from agent.chat.language import Language, Token, tokens
from agent.chat.names import Mention, Names
from agent.chat.patterns import any_of

FEELINGS: tuple[Feeling, ...] = ("dislike", "like", "seen")
MASKS = {"item": "TITLE", "category": "KIND", "facet": "NAME", "years": "YEARS"}


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a turn that asks for one thing, with what stands in it; names that begin at `negated` are turned down.

    All places are of characters in the turn.
    """

    text: str
    start: int
    mentions: tuple[Mention, ...]
    numbers: tuple[Number, ...]
    negated: frozenset[int]

    def of(self, what: str) -> list[Number]:
        """The numbers of one sort."""
        return [number for number in self.numbers if number.what == what]

    @property
    def items(self) -> list[Mention]:
        """The titles."""
        return [one for one in self.mentions if one.senses[0].sort == "item"]

    @property
    def masked(self) -> str:
        """The text with masks where its names and years were."""
        text = self.text
        spots = [(one.start, one.end, MASKS[one.senses[0].sort]) for one in self.mentions]
        spots += [(one.start, one.end, MASKS["years"]) for one in self.of("years")]
        for start, end, mask in sorted(spots, reverse=True):
            text = text[: start - self.start] + mask + text[end - self.start :]
        return text.strip()

    @property
    def words(self) -> list[str]:
        """The words of the masked text."""
        return [token.word for token in tokens(self.masked)]

    @property
    def free(self) -> list[str]:
        """The words that are in no name and no number."""
        taken = spots(self.mentions, self.numbers)
        return [
            token.word
            for token in tokens(self.text)
            if not any(start <= token.start + self.start < end for start, end in taken)
        ]


class ClauseReader:
    """Cuts the turns of one language into clauses."""

    def __init__(self, names: Names, language: Language) -> None:
        self._names = names
        self._language = language
        self._grammar = Grammar(language)

    def read(self, text: str) -> list[Clause]:
        """The clauses of a turn that say something; one that is nothing but a name belongs to the next."""
        mentions, numbers = self.found(text)
        cuts = [0, *self._cuts(text, mentions, numbers), len(text)]
        parts = [self._clause(text, *ends, mentions, numbers) for ends in zip(cuts, cuts[1:], strict=False)]
        bare = [self._is_bare(part) for part in parts]
        kept = [0, *(cut for cut, name_alone in zip(cuts[1:-1], bare, strict=False) if not name_alone), len(text)]
        found = [self._clause(text, *ends, mentions, numbers) for ends in zip(kept, kept[1:], strict=False)]
        return [clause for clause in found if any(letter.isalnum() for letter in clause.text)]

    def found(self, text: str) -> tuple[list[Mention], list[Number]]:
        """The names and the numbers of a turn."""
        mentions = self._names.find(text)
        return mentions, self._grammar.read(text, [(one.start, one.end) for one in mentions])

    def _clause(
        self, text: str, start: int, end: int, mentions: Sequence[Mention], numbers: Sequence[Number]
    ) -> Clause:
        own = tuple(one for one in mentions if start <= one.start < end)
        read = tuple(one for one in numbers if start <= one.start < end)
        return Clause(text[start:end], start, own, read, self._negated(text, start, end, own, read))

    def _is_bare(self, clause: Clause) -> bool:
        """Whether a clause only names what the next one is about: "Up? loved it"; or says next to nothing: "right."."""
        fillers = self._language.words("fillers")
        return all(word in fillers for word in clause.free) and not clause.of("rating")

    def _cuts(self, text: str, mentions: Sequence[Mention], numbers: Sequence[Number]) -> list[int]:
        """Where a clause ends: at a full stop, and where after a comma or an "and" somebody begins anew."""
        inside = spots(mentions, numbers)
        breaks = any_of(self._language.words("breaks"))
        starters = self._language.words("starters")
        passed = {*self._language.words("breaks"), *self._language.words("joins")}
        found = []
        for match in re.finditer(rf"[.;!?\n。！？；]+(?=\s|$|\w)|[,，]\s*|\s(?:{breaks})\s", text, re.IGNORECASE):
            if any(start < match.end() and match.start() < end for start, end in inside):
                continue
            after = tokens(text[match.end() :])
            rest = [token.word for token in after[:2] if token.word not in passed] or words_of(after[:1])
            strong = match[0].strip()[:1] in (*".;!?。！？；", "")
            dot = match[0] == "." and text[match.end() : match.end() + 1].isalnum()
            anew = rest and (strong or rest[0] in starters or self._rates_next(text, match, mentions))
            if anew and not dot and any(map(str.isalnum, text[: match.start()])):
                found.append(match.end())
        return found

    def _rates_next(self, text: str, cut: re.Match[str], mentions: Sequence[Mention]) -> bool:
        """Whether a title follows, and an opinion of another came before: "I liked Heat, Fargo bored me"."""
        opinion = any(self._language.says(words_of(tokens(text[: cut.start()])), f"feelings.{one}") for one in FEELINGS)
        return opinion and any(one.start == cut.end() and one.of("item") for one in mentions)

    def _negated(
        self, text: str, start: int, end: int, mentions: Sequence[Mention], numbers: Sequence[Number]
    ) -> frozenset[int]:
        """Where names and years begin that are turned down: after a negation, up to a word or comma that ends it."""
        words = [token for token in tokens(text) if start <= token.start < end]
        years = [number for number in numbers if number.what == "years"]
        begins = dict(spots(mentions, years))
        found, negative, used, place, last = set[int](), False, False, 0, start
        while place < len(words):
            word = words[place]
            comma = "," in text[last : word.start] and not (word.start in begins and self._goes_on(words[place:]))
            negative = negative and not comma
            if word.start in begins:
                if negative:
                    found.add(word.start)
                    used = True
                while place < len(words) and words[place].start < begins[word.start]:
                    place += 1
            else:
                no, yes = (
                    self._language.phrase(words_of(words), place, name) for name in ("negations", "affirmations")
                )
                if no > yes or no == yes > 0:
                    negative, used, place = True, False, place + no
                else:
                    negative, place = negative and not (yes and used), place + max(yes, 1)
            last = words[min(place, len(words)) - 1].end
        return frozenset(found)

    def _goes_on(self, rest: Sequence[Token]) -> bool:
        """Whether a list goes on after a comma: "no horror, war or westerns"."""
        joins = self._language.words("joins")
        return any(token.word in joins for token in rest[1:4])


def words_of(found: Sequence[Token]) -> list[str]:
    """The words of tokens."""
    return [token.word for token in found]


def spots(mentions: Sequence[Mention], numbers: Sequence[Number]) -> list[tuple[int, int]]:
    """Where names and numbers stand, by their first characters and those after their last."""
    return [*((one.start, one.end) for one in mentions), *((one.start, one.end) for one in numbers)]
