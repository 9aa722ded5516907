"""What an act is done with: the person, the recommender, the words, and where the conversation stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from agent.chat.acts import EVERY, Act, Wish
from agent.chat.language import Language
from agent.chat.person import Person
from agent.chat.state import Done, State, Waiting
from agent.knowledge import Knowledge
from agent.recommender import Recommender
from history.records import Event
from prompts.segment import clean

MOST_UNDONE = 50  # acts that can be taken back


class Unclear(Exception):
    """An act that must be asked about: what to ask, and what the answer will settle."""

    def __init__(self, question: str, waiting: Waiting | None = None) -> None:
        super().__init__(question)
        self.question, self.waiting = question, waiting


@dataclass
class Scene:
    """One conversation at work; `state` changes as acts are done."""

    recommender: Recommender
    person: Person
    language: Language
    llm: bool
    state: State

    @property
    def know(self) -> Knowledge:
        """What the recommender stands on."""
        return self.recommender.knowledge

    def say(self, macro: str, **values: Any) -> str:
        """An answer in words."""
        return self.know.resources.phrases.say(f"chat_{self.language.code}", macro, **values)

    def change(self, **values: Any) -> None:
        """Let the conversation stand elsewhere."""
        self.state = replace(self.state, **values)

    def did(self, told: str, events: Sequence[Event] = ()) -> None:
        """Remember an act before it changes what holds, and keep its events."""
        self.person.add(events)
        self.change(done=(*self.state.done, Done(self.state.held, tuple(events), told))[-MOST_UNDONE:])

    def event(self, item_id: str, event_type: str, value: float | None = None, text: str = "", place: int = 0) -> Event:
        """Something that the person does now; those of one turn follow each other by `place`."""
        return Event(self.person.user_id, item_id, self.person.now() + 1e-3 * place, event_type, value, text)

    def items(self, act: Act, whole: Act | None = None) -> list[str]:
        """The ids of the items that an act names or points at; `whole` is the act that this one is a part of.

        Raises:
            Unclear: one of them may be several, or none is there.
        """
        named = [self._one(ids, act, whole or act) for ids in act.items]
        pointed = (
            [item_id for place in act.places for item_id in self._at(place, whole or act)]
            if not (named and act.places == (0,))
            else []
        )
        return list(dict.fromkeys((*named, *pointed)))

    def _one(self, ids: Sequence[str], act: Act, whole: Act) -> str:
        spoken_of = [one for one in ids if one in (*self.state.focus, *self.state.listed)]
        years = [wish.years for wish in act.wishes if wish.years]
        told_apart = [one for one in ids if any(span.holds(self.know.catalogue[one].year) for span in years)]
        for few in (ids, told_apart, spoken_of):
            if len(few) == 1:
                return few[0]
        names = [self.name(one) for one in ids]
        raise Unclear(self.say("which", names=names), Waiting(whole, tuple(ids)))

    def _at(self, place: int, whole: Act) -> Sequence[str]:
        listed, focus = self.state.listed, self.state.focus
        if place == EVERY and listed:
            return listed
        if place == 0 and (focus or len(listed) == 1):
            return focus or listed
        if not listed:
            raise Unclear(self.say("nothing_listed"))
        if place == 0 or abs(place) > len(listed):
            waiting = None if place else Waiting(whole, listed)
            raise Unclear(self.say("no_such_place", count=len(listed)), waiting)
        return (listed[place - 1 if place > 0 else place],)

    def name(self, item_id: str) -> str:
        """An item's title and year."""
        item = self.know.catalogue[item_id]
        return f"{clean(item.title)} ({item.year})" if item.year else clean(item.title)

    def wish(self, wish: Wish) -> str:
        """A wish in words."""
        low, high = (wish.years.low, wish.years.high) if wish.years else (None, None)
        values = list(dict.fromkeys(sense.value for sense in wish.senses))
        return self.say("wish", values=values, low=low, high=high, wanted=wish.wanted)

    def wishes(self) -> list[str]:
        """All wishes that hold, in words."""
        return [self.wish(wish) for wish in self.state.held.wishes]
