"""A conversation: each turn is understood, done, and answered part by part."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace

from agent.chat import keeping, listing, telling
from agent.chat.acts import Act
from agent.chat.intents import Intent
from agent.chat.language import Language
from agent.chat.parts import Card, Part, Said
from agent.chat.person import Person
from agent.chat.scene import Scene, Unclear
from agent.chat.state import STATES, State
from agent.chat.understanding import LONGEST, Understanding
from agent.recommender import Recommender
from workspace.errors import UsageError

MOST_TURNS = 200  # that are kept
Do = Callable[[Scene, Act], Iterator[Part]]
DO: Mapping[Intent, Do] = {
    "recommend": listing.show_list,
    "refine": listing.show_list,
    "similar": listing.show_list,
    "search": listing.show_list,
    "explain": telling.tell_why,
    "why_not": telling.tell_why,
    "interests": telling.tell_interests,
    "forecast": telling.tell_forecast,
    "correct": keeping.correct,
    "rate": keeping.rate,
    "undo": keeping.undo,
    "forget": keeping.forget,
    "small_talk": telling.chat,
    "out_of_scope": telling.decline,
}


class Conversation:
    """Talks with one person in one language; every turn leaves it fit for the next, whatever happened."""

    def __init__(self, recommender: Recommender, person: Person, language: str = "en", llm: bool = True) -> None:
        """Begin anew.

        Raises:
            UsageError: the language is not spoken.
        """
        know = recommender.knowledge
        self.conversation_id = uuid.uuid4().hex
        encode, kept = know.resources.encoder.encode, know.resources.home.chat / know.settings.encoder
        spoken, reader = Language.of(language), know.turn_reader if llm else None
        self.understanding = Understanding(know.catalogue, spoken, encode, kept, reader)
        self._scene = Scene(recommender, person, spoken, llm, State())

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._scene.state

    def resume(self) -> bool:
        """Go on where the person's last conversation stood; whether there was one that can be read."""
        kept = self._scene.know.store.last_conversation(self._scene.person.user_id)
        if not kept:
            return False
        try:
            self._scene.state = STATES.validate_json(kept[1])
        except ValueError:  # of another version
            return False
        self.conversation_id = kept[0]
        return True

    def turn(self, text: str) -> Generator[Part]:
        """The answer to what a person says, as it comes. Nothing of a text is executed: it only chooses among acts."""
        said: list[str] = []
        try:
            for part in self._answer(text):
                said += [part.text] if isinstance(part, Said) else [part.title] if isinstance(part, Card) else []
                yield part
        finally:
            turns = (*self.state.turns, ("you", text[:LONGEST]), ("me", "\n".join(said)))
            self._scene.change(turns=turns[-MOST_TURNS:])
            self._keep()

    def _answer(self, text: str) -> Iterator[Part]:
        scene = self._scene
        if len(text) > LONGEST:
            yield Said(scene.say("too_long", limit=LONGEST))
        asked = scene.state.waiting
        if asked and not asked.act:
            scene.change(waiting=None)
            yield from keeping.erase(scene) if self.understanding.agrees(text) else [Said(scene.say("kept"))]
            return
        acts = self._settled(text)
        if not acts:
            yield Said(scene.say("empty"))
        for act in acts:
            try:
                yield from DO[act.intent](scene, act)
            except Unclear as unclear:
                scene.change(waiting=unclear.waiting)
                yield Said(unclear.question)
            except UsageError as error:
                yield Said(str(error))

    def _settled(self, text: str) -> list[Act]:
        """The acts of a turn. What waits is settled by it, or dropped."""
        scene = self._scene
        waiting = scene.state.waiting
        scene.change(waiting=None)
        if waiting and waiting.act:
            chosen = self._chosen(text, waiting.among)
            if chosen:
                return [replace(waiting.act, items=((chosen,),), places=())]
        acts = self.understanding.read(text, bool(scene.state.listed), scene.state.before)
        scene.change(before=tuple(act.intent for act in acts))
        return acts

    def _chosen(self, text: str, among: tuple[str, ...]) -> str | None:
        """Which of some items a turn names, by place or by year."""
        places, years = self.understanding.choice(text)
        for number in years:
            fits = [one for one in among if number.years.holds(self._scene.know.catalogue[one].year)]
            if len(fits) == 1:
                return fits[0]
        place = places[0] if places else 0
        return among[place - 1 if place > 0 else place] if place and abs(place) <= len(among) else None

    def _keep(self) -> None:
        """Write it down, where the person has an account."""
        person = self._scene.person
        if person.kept:
            state = STATES.dump_json(self.state).decode()
            self._scene.know.store.keep_conversation(self.conversation_id, person.user_id, time.time(), state)
