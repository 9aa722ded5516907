"""What the names and years of a clause stand for: wishes, and items told apart by what stands beside them."""

from __future__ import annotations

from dataclasses import replace

from agent.chat.acts import Wish
from agent.chat.clauses import Clause
from agent.chat.language import Language, plain_words
from agent.chat.names import Mention
from agent.chat.years import Span
from history.catalogue import Catalogue, split_values


class Resolver:
    """Resolves names of one catalogue."""

    def __init__(self, catalogue: Catalogue, language: Language) -> None:
        self._catalogue, self._either_words = catalogue, language.words("alternatives")

    def told_apart(self, clause: Clause) -> tuple[tuple[Wish, ...], list[tuple[tuple[str, ...], bool]]]:
        """The clause's wishes, and the items that each title stands for, with whether it is turned down.

        Of several items of one title those count that are of the years, or have the people, named beside it; these
        are then no wishes.
        """
        wishes = list(self.wishes(clause))
        named = []
        for mention in clause.items:
            ids = tuple(sense.value for sense in mention.of("item"))
            beside = self._year_beside(clause, mention)
            for wish in list(wishes):
                told_beside = beside is not None and wish.years == beside
                if len(ids) == 1 and not told_beside:
                    continue
                fits = tuple(one for one in ids if self._fits(one, wish))
                if 0 < len(fits) < len(ids) or (fits and told_beside):
                    ids = fits
                    wishes.remove(wish)
            named.append((ids, mention.start in clause.negated))
        return tuple(wishes), named

    def _year_beside(self, clause: Clause, mention: Mention) -> Span | None:
        """The years that stand right behind a title, as in "Heat (1995)"."""
        text = clause.text
        for number in clause.of("years"):
            between = text[mention.end - clause.start : number.start - clause.start]
            if number.start >= mention.end and not any(map(str.isalnum, between)):
                return number.years
        return None

    def _fits(self, item_id: str, wish: Wish) -> bool:
        item = self._catalogue[item_id]
        if wish.years:
            return wish.years.holds(item.year)
        return any(
            one.sort == "facet" and one.value in split_values(item.facets.get(one.field, "")) for one in wish.senses
        )

    def _either(self, clause: Clause, one: Mention, other: Mention) -> bool:
        """Whether "or" stands between two names, and nothing else."""
        between = plain_words(clause.text[one.end - clause.start : other.start - clause.start])
        return any(between in (plain_words(word), [*plain_words(word), "a"]) for word in self._either_words)

    def wishes(self, clause: Clause) -> tuple[Wish, ...]:
        """What facets and years of a clause wish for, or not."""
        found = list[Wish]()
        last = None
        for one in clause.mentions:
            if one.senses[0].sort != "item":
                senses, wanted = tuple(one.of("category") or one.of("facet")), one.start not in clause.negated
                if last and wanted and found[-1].wanted and self._either(clause, last, one):
                    found[-1] = replace(found[-1], senses=(*found[-1].senses, *senses))
                else:
                    found.append(Wish(senses, None, wanted))
                last = one
        years = (Wish((), number.years, number.start not in clause.negated) for number in clause.of("years"))
        return (*found, *years)
