"""A conversation: each turn is understood, done, and answered part by part."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace

from agent.chat import keeping, listing, telling
from agent.chat.acts import Act
from agent.chat.intents import Intent, IntentReader
from agent.chat.language import Language
from agent.chat.parts import Card, Part, Said
from agent.chat.person import Person
from agent.chat.scene import Scene, Unclear
from agent.chat.state import STATES, State, read_state
from agent.chat.understanding import LONGEST, Understanding
from agent.knowledge import Knowledge
from agent.recommender import Recommender
from workspace.errors import StoreError, UsageError

logger = logging.getLogger(__name__)
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

    def __init__(
        self,
        recommender: Recommender,
        person: Person,
        language: str = "en",
        llm: bool = True,
        understanding: Understanding | None = None,
    ) -> None:
        """Begin anew; an `understanding` that was made before, in the same language, saves making one.

        Raises:
            UsageError: the language is not spoken.
        """
        self.conversation_id = uuid.uuid4().hex
        self.understanding = understanding or understanding_of(recommender.knowledge, language, llm)
        self._scene = Scene(recommender, person, Language.of(language), llm, State())
        self._erased = False  # in this turn: nothing of it is written down
        self.kept = True  # whether where it stands is written down after a turn
        self.at_end: Callable[[State], None] = lambda state: None  # told where it stands after each turn
        self.trouble: Exception | None = None  # why the language model has no say any more

    @property
    def state(self) -> State:
        """Where it stands; of one with a person of whom nothing is stored, whoever holds it may say so."""
        return self._scene.state

    @state.setter
    def state(self, state: State) -> None:
        self._scene.state = state

    def resume(self) -> bool:
        """Go on where the person's last conversation stood; whether there was one that can be read."""
        kept = self._scene.know.store.last_conversation(self._scene.person.user_id)
        state = kept and read_state(kept[1])
        if not kept or not state:
            return False
        self.conversation_id, self._scene.state = kept[0], state
        return True

    def turn(self, text: str) -> Generator[Part]:
        """The answer to what a person says, as it comes. Nothing of a text is executed: it only chooses among acts."""
        said: list[str] = []
        try:
            for part in self._answer(text):
                said += [part.text] if isinstance(part, Said) else [part.title] if isinstance(part, Card) else []
                yield part
        finally:
            if not self._erased:
                turns = (*self.state.turns, ("you", text[:LONGEST]), ("me", "\n".join(said)))
                self._scene.change(turns=turns[-MOST_TURNS:])
                self._keep()
            self._erased = False
            self.at_end(self.state)

    def _answer(self, text: str) -> Iterator[Part]:
        scene = self._scene
        if len(text) > LONGEST:
            yield Said(scene.say("too_long", limit=LONGEST))
        asked = scene.state.waiting
        if asked and not asked.act:
            scene.change(waiting=None)
            self._erased = self.understanding.agrees(text)
            yield from keeping.erase(scene) if self._erased else [Said(scene.say("kept"))]
            if self._erased or self.understanding.declines(text):
                return
        acts = self._settled(text)
        if not acts:
            yield Said(scene.say("empty"))
        for number, act in enumerate(acts, 1):
            try:
                yield from self._done(act)
            except Unclear as unclear:
                waiting = unclear.waiting
                scene.change(waiting=waiting and replace(waiting, rest=tuple(acts[number:])))
                yield Said(unclear.question)
                if waiting:
                    break
            except UsageError as error:
                yield Said(str(error))

    def _done(self, act: Act) -> Iterator[Part]:
        """Do an act. Where the language model fails it is done without; or ends, where some of it was said already."""
        scene, before, said = self._scene, self._scene.state, False
        try:
            for part in DO[act.intent](scene, act):
                said = True
                yield part
        except (Unclear, UsageError, StoreError):
            raise
        except Exception as error:  # whatever a model may do
            if not scene.llm:
                raise
            scene.llm, self.trouble = False, error
            if not said:
                scene.state = before
                yield from DO[act.intent](scene, act)

    def _settled(self, text: str) -> list[Act]:
        """The acts of a turn. What waits is settled by it, or dropped."""
        scene = self._scene
        waiting = scene.state.waiting
        scene.change(waiting=None)
        if waiting and waiting.act:
            chosen = self._chosen(text, waiting.among)
            if chosen:
                return [_told_apart(waiting.act, waiting.among, chosen), *waiting.rest]
        acts = self._read(text)
        scene.change(before=tuple(act.intent for act in acts))
        return acts

    def _read(self, text: str) -> list[Act]:
        """What a turn asks for, by rules where the language model fails."""
        scene = self._scene
        listed = bool(scene.state.listed)
        if not scene.llm:
            return self.understanding.by_rules(text, listed)
        try:
            return self.understanding.read(text, listed, scene.state.before)
        except Exception as error:
            scene.llm, self.trouble = False, error
            return self.understanding.by_rules(text, listed)

    def _chosen(self, text: str, among: tuple[str, ...]) -> str | None:
        """Which of some items a turn names, by place or by year."""
        places, years = self.understanding.choice(text, among)
        for number in years:
            fits = [one for one in among if number.years.holds(self._scene.know.catalogue[one].year)]
            if len(fits) == 1:
                return fits[0]
        place = places[0] if places else 0
        return among[place - 1 if place > 0 else place] if place and abs(place) <= len(among) else None

    def _keep(self) -> None:
        """Write it down, where the person has an account."""
        person = self._scene.person
        if person.kept and self.kept:
            state = STATES.dump_json(self.state).decode()
            try:
                self._scene.know.store.keep_conversation(self.conversation_id, person.user_id, time.time(), state)
            except StoreError as error:  # what was said and done stands
                logger.warning("conversation %s was not kept: %s", self.conversation_id[:8], error)


def _told_apart(act: Act, among: tuple[str, ...], chosen: str) -> Act:
    """The act with the item that is meant, where it named any of several, or pointed at none."""
    named = [tuple((chosen,) if ids == among else ids for ids in some) for some in (act.items, act.unlike)]
    if named == [act.items, act.unlike]:
        return replace(act, items=(*act.items, (chosen,)), places=())
    return replace(act, items=named[0], unlike=named[1])


def understanding_of(
    know: Knowledge, language: str = "en", llm: bool = True, intents: IntentReader | None = None
) -> Understanding:
    """Reads turns about the catalogue of `know`; with `llm` the language model does, where it was taught to.

    `intents` of an earlier one of the same language need not be learnt again.

    Raises:
        UsageError: the language is not spoken.
    """
    encode, kept = know.resources.encoder.encode, know.resources.home.chat / know.settings.encoder
    reader = know.turn_reader if llm else None
    return Understanding(know.catalogue, Language.of(language), encode, kept, reader, intents)
