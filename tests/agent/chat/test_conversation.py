"""Conversations over the made data, understood by the real encoder."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace

import pytest

from agent.chat.acts import Act
from agent.chat.conversation import Conversation, _told_apart
from agent.chat.language import Language
from agent.chat.notes import Note
from agent.chat.parts import Card, Part, Reason, Said
from agent.chat.person import User, Visitor
from agent.chat.reading import taught_reader
from agent.chat.understanding import Understanding
from agent.recommender import Recommender
from agent.resources import Resources
from eval.hostile_texts import HOSTILE, TYPED
from history.catalogue import Catalogue
from tests.conftest import made_items
from workspace.home import Home

pytestmark = pytest.mark.model
USER = "u03"
Begin = Callable[[], Conversation]


@pytest.fixture(scope="module")
def understanding(real_home: Home) -> Understanding:
    return Understanding(Catalogue(made_items()), Language.of("en"), Resources.at(real_home).encoder.encode)


@pytest.fixture
def begin(recommender: Recommender, understanding: Understanding) -> Begin:
    know = recommender.knowledge

    def new(user: str = USER) -> Conversation:
        found = Conversation(recommender, User(know.store, user) if user else Visitor(know.store))
        found.understanding = understanding
        return found

    return new


def cards(parts: list[Part]) -> list[Card]:
    return [part for part in parts if isinstance(part, Card)]


def words(parts: list[Part]) -> str:
    return "\n".join(part.text for part in parts if isinstance(part, Said))


def test_a_wish_holds_until_it_is_dropped_and_nothing_is_shown_twice(begin: Begin, recommender: Recommender) -> None:
    chat, catalogue = begin(), recommender.knowledge.catalogue
    first = cards(list(chat.turn("recommend three films, no horror please")))
    more = cards(list(chat.turn("show me more")))
    assert len(first) == len(more) == 3
    assert not {card.item_id for card in first} & {card.item_id for card in more}
    assert all("Horror" not in catalogue[card.item_id].categories for card in first + more)
    older = cards(list(chat.turn("only from before 2000")))
    assert older
    assert all((catalogue[card.item_id].year or 2000) < 2000 for card in older)
    assert any("from" in wish or "up to" in wish for wish in chat._scene.wishes())
    list(chat.turn("any year is fine"))
    assert chat._scene.wishes() == ["no Horror"]


def test_cards_come_before_reasons(begin: Begin) -> None:
    parts = list(begin().turn("what should I watch tonight"))
    kinds = [type(part) for part in parts]
    assert kinds == [Said, *[Card] * 5, *[Reason] * 5]


def test_what_is_said_of_items_is_recorded_and_taken_back(begin: Begin, recommender: Recommender) -> None:
    chat, store = begin(), recommender.knowledge.store
    before = store.timeline(USER)
    shown = cards(list(chat.turn("show me three films")))
    said = words(list(chat.turn("the second one was awful")))
    assert shown[1].title in said
    assert store.timeline(USER).events[-1].item_id == shown[1].item_id
    assert store.timeline(USER).events[-1].type == "dislike"
    list(chat.turn("undo that"))
    assert store.timeline(USER) == before
    list(chat.turn("undo"))
    assert "nothing to take back" in words(list(chat.turn("undo")))


def test_wishes_that_leave_nothing_say_which_one_to_drop(begin: Begin) -> None:
    said = words(list(begin().turn("recommend comedy films from before 1950")))
    assert said.startswith("Nothing is left that is Comedy; up to 1949")
    assert 'Without "up to 1949" there are' in said


def test_newer_ones_are_newer_than_the_list(begin: Begin, recommender: Recommender) -> None:
    chat, catalogue = begin(), recommender.knowledge.catalogue
    years = sorted(catalogue[card.item_id].year or 0 for card in cards(list(chat.turn("show me five films"))))
    newer = cards(list(chat.turn("something more recent please")))
    assert newer
    assert all((catalogue[card.item_id].year or 0) > years[2] for card in newer)


def test_a_title_is_looked_up(begin: Begin) -> None:
    (card,) = cards(list(begin().turn("find me Amber Castle")))
    assert card.title == "Amber Castle"


def test_the_second_one_needs_a_list(begin: Begin) -> None:
    chat = begin()
    assert "no list yet" in words(list(chat.turn("why number 2?")))
    list(chat.turn("show me three films"))
    assert "The list has 3 films" in words(list(chat.turn("why number 7?")))


def test_why_kinds_are_there_or_not(begin: Begin) -> None:
    chat = begin()
    shown = cards(list(chat.turn("show me three films, no horror")))
    assert "no Horror" in words(list(chat.turn("why are there no horror films?")))
    chat.state = replace(chat.state, shown=("i08",), listed=())
    assert "shown before" in words(list(chat.turn("why not Amber Castle?")))
    assert shown


def test_to_erase_all_is_asked_about_first(begin: Begin, recommender: Recommender) -> None:
    chat, store = begin(), recommender.knowledge.store
    assert "8 events" in words(list(chat.turn("delete all my data")))
    assert "Nothing was erased" in words(list(chat.turn("no")))
    assert len(store.timeline(USER)) == 8
    list(chat.turn("delete all my data"))
    assert "Nothing was erased" in words(list(chat.turn("ok, start over then")))
    list(chat.turn("delete all my data"))
    assert cards(list(chat.turn("okay show me three films")))
    list(chat.turn("delete all my data"))
    assert "Forgotten: 8 events" in words(list(chat.turn("yes please, all of it")))
    assert USER not in store.user_ids()
    assert not store.last_conversation(USER)


def test_which_item_is_meant_is_settled_in_its_place() -> None:
    act = Act("similar", items=(("a",), ("b", "c")), unlike=(("d", "e"),))
    assert _told_apart(act, ("b", "c"), "c").items == (("a",), ("c",))
    assert _told_apart(act, ("d", "e"), "e").unlike == (("e",),)
    assert _told_apart(Act("rate", places=(0,)), ("a", "b"), "b") == Act("rate", items=(("b",),))


def test_a_question_is_answered_by_a_place_and_by_nothing_else(begin: Begin, recommender: Recommender) -> None:
    chat, store = begin(), recommender.knowledge.store
    shown = cards(list(chat.turn("show me three films")))
    assert "which" in words(list(chat.turn("I loved it")))
    list(chat.turn("the second one"))
    assert (store.timeline(USER).events[-1].item_id, store.timeline(USER).events[-1].type) == (shown[1].item_id, "like")
    other = begin()
    list(other.turn("show me three films"))
    list(other.turn("I loved it"))
    before = store.timeline(USER)
    assert cards(list(other.turn("show me two comedies")))
    assert store.timeline(USER) == before


def test_what_was_turned_down_is_not_offered_again(begin: Begin) -> None:
    chat = begin()
    first = cards(list(chat.turn("recommend 40 films but not Amber Castle")))
    assert "Amber Castle" not in {card.title for card in first}
    assert "i08" in chat.state.shown


def test_a_model_that_fails_twice_is_done_without(begin: Begin, understanding: Understanding) -> None:
    class Broken:
        def read(self, *_: object) -> list[Note]:
            raise RuntimeError("broken")

    chat = begin()
    chat.understanding = copy(understanding)
    chat.understanding._reader = Broken()  # type: ignore[assignment]
    for text in ("show me three films", "show me more"):
        assert cards(list(chat.turn(text)))
    assert isinstance(chat.trouble, RuntimeError)


def test_a_conversation_is_resumed(begin: Begin) -> None:
    chat = begin()
    list(chat.turn("three films, nothing scary"))
    other = begin()
    assert other.resume()
    assert other.state == chat.state
    assert other.conversation_id == chat.conversation_id


def test_an_answer_that_is_broken_off_leaves_the_conversation_usable(begin: Begin) -> None:
    chat = begin()
    answer = chat.turn("show me three films")
    next(answer)
    answer.close()
    assert cards(list(chat.turn("show me three films")))


def test_of_a_visitor_nothing_is_stored(recommender: Recommender, begin: Begin) -> None:
    chat = begin("")  # type: ignore[call-arg]
    store = recommender.knowledge.store
    before = store.event_count()
    list(chat.turn("show me three films"))
    list(chat.turn("I liked the first one"))
    assert store.event_count() == before
    assert store.last_conversation("visitor") is None


@pytest.mark.parametrize("text", ["", "😀", "x" * 100_000, "你好", "a comedy but no comedy"])
def test_every_turn_is_answered(begin: Begin, text: str) -> None:
    assert words(list(begin().turn(text)))


def check_nobody_else_is_touched(begin: Begin, recommender: Recommender, texts: Sequence[str]) -> None:
    store = recommender.knowledge.store
    others = {user: store.timeline(user) for user in store.user_ids() if user != USER}
    catalogue = dict(store.catalogue())
    for text in texts:
        chat = begin()
        said = words(list(chat.turn(text)))
        assert said
        assert not any(user in said for user in others), text
        assert all(event.user_id == USER for done in chat.state.done for event in done.events)
    assert {user: store.timeline(user) for user in others} == others
    assert dict(store.catalogue()) == catalogue
    assert len(store.timeline(USER)) >= 8  # nothing is erased that was not agreed to


def test_whatever_is_typed_touches_nobody_else(begin: Begin, recommender: Recommender) -> None:
    check_nobody_else_is_touched(begin, recommender, TYPED + HOSTILE)


@pytest.mark.slow
def test_nor_where_the_model_reads_it(begin: Begin, recommender: Recommender, real_home: Home) -> None:
    """Every fifth text; all of them with FORETASTE_CASES."""
    resources = Resources.at(real_home)
    reader = taught_reader(resources)
    assert reader
    taught = Understanding(Catalogue(made_items()), Language.of("en"), resources.encoder.encode, reader=reader)

    def reading() -> Conversation:
        chat = begin()
        chat.understanding = taught
        return chat

    every = 1 if "FORETASTE_CASES" in os.environ else 5
    check_nobody_else_is_touched(reading, recommender, (TYPED + HOSTILE)[::every])
