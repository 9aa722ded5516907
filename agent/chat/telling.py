"""Acts that are answered in words: why, why not, interests, forecasts, and what is beside the point."""

from __future__ import annotations

from collections.abc import Iterator

from agent.chat.acts import Act
from agent.chat.listing import cards_of
from agent.chat.parts import Part, Said
from agent.chat.scene import Scene
from agent.chat.wishes import meets
from agent.explain import explain
from agent.interest_view import InterestView, interests_of
from prompts.segment import clean

TOPICS = 3  # of a forecast that are told


def tell_why(scene: Scene, act: Act) -> Iterator[Part]:
    """Why an item is in the list, or why not; of the whole list where none is named."""
    ids = scene.items(act) if act.items or act.places else list(scene.state.focus or scene.state.listed)
    if not ids:
        yield Said(scene.say("nothing_listed"))
    for item_id in ids:
        yield from _why(scene, item_id)
    scene.change(focus=tuple(ids[:1]))


def _why(scene: Scene, item_id: str) -> Iterator[Part]:
    item = scene.know.catalogue[item_id]
    broken = next((wish for wish in scene.state.held.wishes if not meets(item, wish)), None)
    if broken:
        yield Said(scene.say("left_out", title=clean(item.title), wish=scene.wish(broken)))
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
