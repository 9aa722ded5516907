"""The measurements of reasons: faults that were planted are found, and evidence moves the score."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from agent.influence import without
from agent.recommender import Recommender
from agent.results import Evidence, Rationale, Recommended
from eval import faithful, writing
from eval.reasons import Books, Told, swapped
from history.records import Event, Item
from history.timeline import Timeline
from tests.conftest import FakeEngine


@pytest.fixture
def books(recommender: Recommender) -> Books:
    store = recommender.knowledge.store
    store.add([Item("f1", "Heat of the Night", categories=("Crime", "Film-Noir"))], [], order_only=False)
    return Books(recommender)


TIMELINE = Timeline(
    "u", tuple(Event("u", f"i0{place}", float(place), "rating", 5.0 - place) for place in range(4))
)  # Amber Bay 5, Bright Bay 4, Copper Bay 3, Dusty Bay 2


def told(text: str) -> Told:
    reason = Rationale(text, (Evidence("i00", "Amber Bay", 1.0),), (), True)
    return Told(TIMELINE, Recommended("i04", "Eager Bay", 1, -1.0, 0.4, 1, reason))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ('Because you liked "Amber Bay", "Eager Bay" could suit you.', []),
        ('"Eager Bay" shares Comedy with "Amber Bay", which you liked.', []),
        ('Because you liked "Amber Bay" and "Faded Bay".', ["a title from elsewhere"]),
        ('Because you liked "Amber Bay" and Heat of the Night.', ["a title outside quotes"]),
        ('"Eager Bay" shares Crime with "Amber Bay".', ["a category that the item has not"]),
        ('"Eager Bay" shares Comedy with "Bright Bay".', ["a category that is not shared"]),
        ('You are into Comedy, and you liked "Bright Bay".', []),
        ('"Eager Bay" is Comedy as you are into it, and you liked "Bright Bay".', ["a category that is not shared"]),
        ('Lately you liked "Amber Bay".', []),
        ('Because you liked "Copper Bay".', ["liked what was not"]),
        ('Because you watched "Copper Bay".', []),
        ('"Eager Bay" of 1999, as you liked "Amber Bay".', ["a number"]),
        ('You liked "Amber Bay"; it is popular.', ["popular what is not"]),
        ('You liked "Amber Bay", not "Copper Bay".', ["liked what was not", "a negation"]),
    ],
)
def test_what_was_planted_is_found(books: Books, text: str, faults: list[str]) -> None:
    books.often = 1e9
    assert list(books.faults(told(text))) == faults


def test_shortened_titles_and_quotes_in_them_are_known(books: Books) -> None:
    long = 'The "Best" of ' + "all " * 30 + "films"
    books.of[long] = {"Comedy"}
    shown = long.replace('"', "'")[:79].rstrip() + "…"
    assert not [
        *books.faults(replace(told(f'You liked "Amber Bay": "{shown}" fits.'), item=replace(told("").item, title=long)))
    ]


def test_ones_own_reason_is_nearer_than_anothers(recommender: Recommender) -> None:
    def reason(user: str, cited: str) -> Told:
        text = f'Because you liked "{cited}".'
        timeline = recommender.knowledge.store.timeline(user)
        item = Recommended("i04", "Eager Bay", 1, -1.0, 0.4, 1, Rationale(text, (Evidence("", cited, 1.0),), (), True))
        return Told(timeline, item)

    catalogue = recommender.knowledge.catalogue
    firsts = {user: recommender.knowledge.store.timeline(user).item_ids[0] for user in ("u00", "u01")}
    right = [reason(user, catalogue[item_id].title) for user, item_id in firsts.items()]
    wrong = [
        reason(user, catalogue[item_id].title) for user, item_id in zip(firsts, reversed(firsts.values()), strict=True)
    ]
    assert swapped(recommender, right, 0, hidden=True).mean() > swapped(recommender, wrong, 0, hidden=True).mean()


def test_what_is_cited_moves_the_score_more_than_what_is_drawn(recommender: Recommender) -> None:
    generator = np.random.default_rng(0)
    users = [recommender.knowledge.store.timeline(f"u{number:02}") for number in range(12)]
    found = [faithful.of_user(recommender, user, 3, False, generator) for user in users]
    rows = {way: np.array([user[way] for user in found if user]).sum(axis=0) for way in faithful.WAYS}
    assert rows["the best"][0] >= rows["the product"][0] > rows["random"][0]
    assert rows["the best"][4] == rows["the best"][2]
    assert not without(users[0], range(len(users[0]))).events


def test_ways_to_word_the_same_facts_are_measured_alike(recommender: Recommender, engine: FakeEngine) -> None:
    drafts = list(islice(writing.drafts(recommender, 0), 6))
    assert all(draft.grounds.events for draft in drafts)
    chosen, free = writing.pens(recommender).values()
    line = writing.line(recommender, "chosen", chosen, drafts)
    assert line.startswith("| chosen | 100.0% ")
    engine.answers[:] = [" could be a good choice for you."] * 3 + [" won an Oscar."] * 3
    line = writing.line(recommender, "as it came", free, drafts)
    assert line.startswith("| as it came | 50.0% ")
