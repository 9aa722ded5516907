"""Acts that are answered by a list: recommend, refine, similar, search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agent.chat.acts import Act, Wish
from agent.chat.parts import Card, Part, Reason, Said, card_of
from agent.chat.scene import Scene
from agent.chat.wishes import after, keep, loosest
from agent.chat.years import Span
from agent.recommender import Keep
from agent.search import search
from history.records import Item
from history.timeline import Timeline
from prompts.segment import clean

NEAR_WEIGHT = 0.3  # the user's part in a list that is to be like something


def show_list(scene: Scene, act: Act) -> Iterator[Part]:
    """A list by all that holds now: words first, then cards, then reasons as they come; titles that are looked up."""
    if act.intent == "search" and act.items:
        yield Said(scene.say("found"))
        yield from cards_of(scene, [item_id for ids in act.items for item_id in ids])
        return
    act = replace(act, wishes=(*act.wishes, *_of_age(scene, act.age)))
    like, unlike = _named(scene, act)
    scene.did("")
    scene.change(shown=(*scene.state.shown, *unlike))  # what was turned down is not offered again
    if act.intent == "refine" and not like and not act.unlike:
        unlike = []  # an item of the list that is not wanted says nothing of others
    scene.change(held=after(scene.state.held, act, like, unlike))
    yield from listed(scene)


def _of_age(scene: Scene, age: int) -> list[Wish]:
    """Years before or after the middle one of the last list, where older or newer items are asked for."""
    items = (scene.know.catalogue[one] for one in scene.state.listed)
    years = sorted(item.year for item in items if item.year)
    if not age or not years:
        return []
    middle = years[len(years) // 2]
    return [Wish((), Span(None, middle - 1) if age < 0 else Span(middle + 1, None))]


def _named(scene: Scene, act: Act) -> tuple[list[str], list[str]]:
    """The ids of the items that a list should be near to and far from; one that is to be replaced is neither."""
    places = () if act.intent == "refine" else act.places
    like = scene.items(replace(act, places=places), act) if act.items or places else []
    unlike = scene.items(replace(act, items=act.unlike, places=act.far), act) if act.unlike or act.far else []
    return like, unlike


def listed(scene: Scene) -> Iterator[Part]:
    """The list for what holds now, none of it shown before; or what leaves nothing."""
    held, know = scene.state.held, scene.know
    test = keep(held.wishes, (*scene.state.shown, *held.like, *held.unlike))
    timeline = scene.person.timeline()
    allowed = [know.catalogue[one] for one in _allowed(scene)]
    fitting = [item for item in allowed if test(item)]
    if not fitting:
        yield Said(_nothing(scene, allowed))
        return
    asked = held.like or held.unlike or held.text
    yield from _asked_for(scene, timeline, test) if asked else _recommended(scene, timeline, test)


def _recommended(scene: Scene, timeline: Timeline, test: Keep) -> Iterator[Part]:
    """What the person likely wants, with reasons."""
    shown, reasons = scene.recommender.stream(timeline, scene.state.held.count, where=test, llm=scene.llm)
    yield from _cards(scene, [scene.know.catalogue[one.item_id] for one in shown.items])
    for one in reasons:
        if one.rationale:
            yield Reason(one.rank, one.rationale.text)


def _asked_for(scene: Scene, timeline: Timeline, test: Keep) -> Iterator[Part]:
    """What is near to what was asked for, by the person's taste too; with reasons where the history speaks for it."""
    held, weight = scene.state.held, NEAR_WEIGHT if len(timeline) else None
    answer = search(
        scene.know, held.text, timeline, held.count, weight=weight, where=test, like=held.like, unlike=held.unlike
    )
    items = [scene.know.catalogue[one.item_id] for one in answer.items]
    yield from _cards(scene, items)
    for number, reason in enumerate(scene.recommender.reasons(timeline, items, scene.llm), 1):
        if reason.evidence:
            yield Reason(number, reason.text)


def _allowed(scene: Scene) -> Sequence[str]:
    """The ids of all that may be recommended to the person, whatever they wish."""
    allowed = scene.know.allowed(scene.person.timeline(), None)
    return [scene.know.index.item_ids[place] for place in allowed.nonzero()[0].tolist()]


def _cards(scene: Scene, items: Sequence[Item]) -> Iterator[Part]:
    held, know = scene.state.held, scene.know
    names = {
        "like": [clean(know.catalogue[one].title) for one in held.like],
        "unlike": [clean(know.catalogue[one].title) for one in held.unlike],
    }
    yield Said(scene.say("list", count=len(items), wishes=scene.wishes(), text=held.text, **names))
    ids = tuple(item.item_id for item in items)
    scene.change(listed=ids, shown=(*scene.state.shown, *ids), focus=ids if len(ids) == 1 else ())
    for number, item in enumerate(items, 1):
        yield card_of(number, item)


def _nothing(scene: Scene, allowed: Sequence[Item]) -> str:
    """Which wish empties the list, and what the nearest looser one would leave."""
    shown = set(scene.state.shown)
    new = [item for item in allowed if item.item_id not in shown]
    found = loosest(scene.state.held.wishes, new)
    wish, left = (scene.wish(found[0]), found[1]) if found else ("", 0)
    seen = any(map(keep(scene.state.held.wishes), allowed))
    return scene.say("nothing", wishes=scene.wishes(), loosest=wish, left=left, shown=seen)


def cards_of(scene: Scene, item_ids: Sequence[str]) -> Iterator[Card]:
    """Cards of given items, as the list that places count from now on."""
    ids = tuple(item_ids)
    scene.change(listed=ids, shown=(*scene.state.shown, *ids), focus=ids if len(ids) == 1 else ())
    for number, item_id in enumerate(item_ids, 1):
        yield card_of(number, scene.know.catalogue[item_id])
