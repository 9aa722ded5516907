"""Acts that are answered in words: why, why not, interests, forecasts, and what is beside the point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agent.chat.acts import Act, Wish
from agent.chat.listing import cards_of
from agent.chat.parts import Part, Said
from agent.chat.scene import Scene
from agent.chat.wishes import keep, meets
from agent.explain import explain
from agent.interest_view import InterestView, interests_of
from prompts.segment import clean

TOPICS = 3  # of a forecast that are told


def tell_why(scene: Scene, act: Act) -> Iterator[Part]:
    """Why an item is in the list, or why not; of the whole list where none is named."""
    named = bool(act.items or act.places)
    if act.wishes and not named:
        yield from _why_such(scene, act.wishes)
        return
    ids = scene.items(act) if named else list(scene.state.listed or scene.state.focus)
    if not ids:
        yield Said(scene.say("nothing_listed"))
    for item_id in ids:
        yield from _why(scene, item_id)
    scene.change(focus=tuple(ids[:1]))


def _why_such(scene: Scene, wishes: Sequence[Wish]) -> Iterator[Part]:
    """Why such items are in the list; or, where none is, what keeps them out, or how the likeliest of them stands."""
    such, held = keep(wishes), scene.state.held.wishes
    found = [one for one in scene.state.listed if such(scene.know.catalogue[one])]
    against = next((one for one in held if not one.wanted and {*one.senses} & {*wishes[0].senses}), None)
    if not found and against:
        yield Said(scene.say("left_out", title=scene.wish(wishes[0]), wish=scene.wish(against)))
        return
    if not found:
        listing = scene.recommender.listing(scene.person.timeline(), 1, where=such, llm=scene.llm)
        found = [one.item_id for one in listing.items]
    for item_id in found:
        yield from _why(scene, item_id)


def _why(scene: Scene, item_id: str) -> Iterator[Part]:
    item = scene.know.catalogue[item_id]
    broken = next((wish for wish in scene.state.held.wishes if not meets(item, wish)), None)
    if broken:
        yield Said(scene.say("left_out", title=clean(item.title), wish=scene.wish(broken)))
        return
    if item_id in scene.state.shown and item_id not in scene.state.listed:
        yield Said(scene.say("shown_before", title=clean(item.title)))
        return
    found = explain(scene.recommender, scene.person.timeline(), item_id, llm=scene.llm)
    if item_id not in scene.state.listed:
        rival = clean(found.rival.title) if found.rival else ""
        told = {"rank": found.rank, "lost": found.lost, "rival": rival, "change": found.change}
        yield Said(scene.say("standing", title=clean(item.title), **told))
    yield Said(found.rationale.text)


def tell_interests(scene: Scene, act: Act) -> Iterator[Part]:
    """What the person is into, in words."""
    view = _view(scene)
    said = [scene.say("said", kind=kind, topic=topic) for topic, kind in view.said.items()]
    yield Said(scene.say("interests", summary=view.summary, said=said))


def tell_forecast(scene: Scene, act: Act) -> Iterator[Part]:
    """What comes next: topics, and the likeliest items."""
    view = _view(scene, act.count or scene.state.held.count)
    yield Said(scene.say("forecast", topics=[f"{one.topic} {one.share:.0%}" for one in view.next[:TOPICS]]))
    yield from cards_of(scene, [one.item_id for one in view.next_items])


def _view(scene: Scene, k: int = 1) -> InterestView:
    return interests_of(scene.know, scene.person.timeline(), k)[0]


def chat(scene: Scene, act: Act) -> Iterator[Part]:
    """A greeting is greeted; thanks are taken."""
    yield Said(scene.say("thanks" if scene.state.listed else "hello"))


def decline(scene: Scene, act: Act) -> Iterator[Part]:
    """What a recommender cannot do."""
    yield Said(scene.say("out_of_scope"))
