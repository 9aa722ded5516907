"""What holds for a conversation: wishes that every item of a list must meet, and items that it should be like."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from agent.chat.acts import Act, Wish
from agent.chat.names import Sense
from agent.chat.years import Span
from history.catalogue import split_values
from history.records import Item

COUNT = 5  # items of a list, where nobody says how many


@dataclass(frozen=True, slots=True)
class Held:
    """All that was said of lists and still holds.

    `like` and `unlike` are items, by their ids, that lists should be near to and far from; `text` is what is searched.
    """

    wishes: tuple[Wish, ...] = ()
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    text: str = ""
    count: int = COUNT

    def with_wishes(self, said: Sequence[Wish], anew: bool) -> Held:
        """With these too: one that contradicts what was said before takes its place.

        With `anew` something else is asked for: facets that were wanted before are forgotten, what was turned down is
        not. New years always take the place of old ones.
        """
        senses = {sense for wish in said for sense in wish.senses}
        years = any(wish.years for wish in said if wish.wanted)

        def stays(wish: Wish) -> bool:
            if wish.years:
                return not (years and wish.wanted) and all(wish.years != new.years for new in said)
            return not senses & set(wish.senses) and not (wish.wanted and anew)

        return replace(self, wishes=(*filter(stays, self.wishes), *_together(said)))

    def without(self, said: Sequence[Wish], fields: Sequence[str]) -> Held:
        """Without what these wishes name, and without all that was said of these fields.

        "year" stands for years, "people" for all facets but the category, "all" for all that was said of lists.
        """
        if "all" in fields:
            return Held(count=self.count)
        senses = {sense for wish in said for sense in wish.senses}
        years = "year" in fields or any(wish.years for wish in said)

        def goes(wish: Wish) -> bool:
            return years if wish.years else bool(set(wish.senses) & senses) or of_fields(wish, fields)

        return replace(self, wishes=tuple(wish for wish in self.wishes if not goes(wish)))


def of_fields(wish: Wish, fields: Sequence[str]) -> bool:
    """Whether a wish is about one of these fields."""
    if wish.years:
        return "year" in fields
    own = {one.field for one in wish.senses}
    return bool(own & set(fields)) or ("people" in fields and "category" not in own)


def _together(said: Sequence[Wish]) -> list[Wish]:
    """Several years in one turn are one span: what they share, or, if nothing, from the first to the last."""
    years = [wish for wish in said if wish.years and wish.wanted]
    others = [wish for wish in said if wish not in years]
    if len(years) < 2:
        return list(dict.fromkeys(said))
    lows, highs = [wish.years.low for wish in years if wish.years], [wish.years.high for wish in years if wish.years]
    low, high = (
        max((low for low in lows if low is not None), default=None),
        min((high for high in highs if high is not None), default=None),
    )
    span = Span(low, high)
    if low is not None and high is not None and low > high:
        span = Span(
            None if None in lows else min(low for low in lows if low is not None),
            None if None in highs else max(high for high in highs if high is not None),
        )
    return [*dict.fromkeys(others), Wish((), span)]


def meets(item: Item, wish: Wish) -> bool:
    """Whether an item is as one wish has it; of one whose year is unknown no year is true, wanted or not."""
    if wish.years:
        return item.year is not None and wish.years.holds(item.year) == wish.wanted
    return any(has(item, sense) for sense in wish.senses) == wish.wanted


def has(item: Item, sense: Sense) -> bool:
    """Whether an item has a category or another facet."""
    if sense.sort == "category":
        return sense.value in item.categories
    return sense.value in split_values(item.facets.get(sense.field, ""))


def keep(wishes: Sequence[Wish], left_out: Iterable[str] = ()) -> Callable[[Item], bool]:
    """The test that a list puts to every item; those `left_out`, by their ids, fail it."""
    gone = frozenset(left_out)
    return lambda item: item.item_id not in gone and all(meets(item, wish) for wish in wishes)


def loosest(wishes: Sequence[Wish], items: Sequence[Item]) -> tuple[Wish, int] | None:
    """The wish without which most items are left, and how many; None where no single one helps."""
    left = [sum(map(keep([other for other in wishes if other is not wish]), items)) for wish in wishes]
    best = max(range(len(wishes)), key=lambda place: left[place], default=0)
    return (wishes[best], left[best]) if wishes and left[best] else None


def _dropped(held: Held, act: Act) -> Held:
    """What is left when wishes are dropped: those that are named, or all of some fields, beside which others may be."""
    if act.fields:
        new = [wish for wish in act.wishes if not of_fields(wish, act.fields)]
        return held.without((), act.fields).with_wishes(new, anew=False)
    left = held.without(act.wishes, ())
    if left != held:
        new = [wish for wish in act.wishes if not wish.wanted and held.without([wish], ()) == held]
        return left.with_wishes(new, anew=False)
    return held.with_wishes([wish for wish in act.wishes if not wish.wanted], anew=False)


def after(held: Held, act: Act, like: Sequence[str], unlike: Sequence[str]) -> Held:
    """What holds after an act about lists; `like` and `unlike` are the items that it names."""
    if act.drops:
        return _dropped(held, act)
    asks_more = act.intent == "recommend" and not act.wishes
    told = held.with_wishes(act.wishes, anew=act.intent != "refine" and not asks_more)
    told = replace(told, count=act.count or told.count)
    if like or unlike:
        kept = act.intent == "refine"
        near = tuple(dict.fromkeys((*(held.like if kept else ()), *like)))
        far = tuple(dict.fromkeys((*(held.unlike if kept else ()), *unlike)))
        text = held.text if kept else ""
        return replace(told, like=tuple(one for one in near if one not in unlike), unlike=far, text=text)
    if act.intent == "search":
        return replace(told, like=(), unlike=(), text=act.text)
    return told if act.intent == "refine" or asks_more else replace(told, like=(), unlike=(), text="")
