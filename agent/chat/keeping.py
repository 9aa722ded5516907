"""Acts that change what is kept: ratings, corrections of the profile, undoing, forgetting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from agent.chat.acts import Act, Feeling
from agent.chat.language import Language, plain_words
from agent.chat.parts import Part, Said
from agent.chat.scene import Scene, Unclear
from agent.chat.state import State, Waiting
from agent.chat.wishes import Held
from history.records import CORRECTION
from interests.corrections import Correction, Kind, UnknownTopic, read_corrections, written

EVENTS: dict[Feeling, str] = {"like": "like", "dislike": "dislike", "seen": "view"}


def rate(scene: Scene, act: Act) -> Iterator[Part]:
    """Likes, dislikes, ratings and "seen it" become events at once."""
    ids = scene.items(act)
    feeling: Feeling | None = act.feeling or (None if act.rating else "seen")
    if act.rating:
        share = act.rating[0] / act.rating[1]
        value = round(share * scene.know.store.rating_scale(), 2)
        events = [scene.event(one, "rating", value, place=place) for place, one in enumerate(ids)]
    else:
        assert feeling
        events = [scene.event(one, EVENTS[feeling], place=place) for place, one in enumerate(ids)]
    names = [scene.name(one) for one in ids]
    scene.did(", ".join(names), events)
    scene.change(focus=tuple(ids[-1:]))
    yield Said(scene.say("recorded", names=names, feeling=None if act.rating else feeling))


def correct(scene: Scene, act: Act) -> Iterator[Part]:
    """What is said of topics is kept with the profile, and holds over what was inferred."""
    names = scene.know.topics.names
    found = _corrections(act, names, scene.language)
    if not found:
        try:
            found = read_corrections(act.text, names)
        except UnknownTopic as error:
            raise Unclear(scene.say("not_corrected", nearest=error.nearest or names[:3])) from error
    told = [scene.say("said", kind=one.kind, topic=one.topic) for one in found]
    events = [scene.event("", CORRECTION, text=written(one), place=place) for place, one in enumerate(found)]
    scene.did("; ".join(told), events)
    yield Said(scene.say("corrected", told=told))


def _corrections(act: Act, names: tuple[str, ...], language: Language) -> list[Correction]:
    """By the topics that stand in the act, and its words for good and for ever."""
    words = plain_words(act.text)
    wanted: Kind = "pin" if language.says(words, "pins") else "more"
    against: Kind = "ban" if language.says(words, "bans") else "less"
    topics = [(sense.value, wish.wanted) for wish in act.wishes for sense in wish.senses if sense.value in names]
    return [Correction(wanted if liked else against, topic) for topic, liked in topics]


def undo(scene: Scene, act: Act) -> Iterator[Part]:
    """The last act is taken back: its events go, and what held before it holds again."""
    if not scene.state.done:
        yield Said(scene.say("nothing_to_undo"))
        return
    last = scene.state.done[-1]
    scene.person.remove(last.events)
    before = [scene.wish(wish) for wish in scene.state.held.wishes if wish not in last.held.wishes]
    scene.change(held=last.held, done=scene.state.done[:-1])
    yield Said(scene.say("undone", what=last.told or "; ".join(before)))


def forget(scene: Scene, act: Act) -> Iterator[Part]:
    """Start over; or, where all is to be erased, ask first."""
    if act.erases:
        count = len(scene.person.timeline()) + len(scene.person.timeline().corrections)
        raise Unclear(scene.say("ask_forget", count=count), Waiting())
    scene.did("")
    scene.change(held=Held(), listed=(), shown=(), focus=())
    yield Said(scene.say("over"))


def erase(scene: Scene) -> Iterator[Part]:
    """Erase all that is known of the person, after they agreed."""
    count = scene.person.forget()
    scene.state = replace(State(), turns=())
    yield Said(scene.say("forgotten", count=count))
