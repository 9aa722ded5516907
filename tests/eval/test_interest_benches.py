"""The measurements of interests: noise, states of many users, lists that obey."""

from __future__ import annotations

import numpy as np
import pytest

from eval.corrected import SAID, Effect, _effect
from eval.horizons import _item_recall, _topic_recall, _valid
from eval.noisy import noisy
from eval.protocols.split import Case
from eval.states import made, rebuild, room, single
from history.records import Event
from history.timeline import Timeline
from interests.corrections import read_corrections
from interests.topics import Topics
from interests.tracker import Interests, see_all

ITEMS = [f"i{number}" for number in range(50)]


def timeline(count: int) -> Timeline:
    return Timeline.of("u", [Event("u", ITEMS[place], 100.0 * place, "rating", 4.0) for place in range(count)])


def test_noise_comes_between_the_first_event_and_the_last_and_is_nothing_that_was_met() -> None:
    found = list(noisy(timeline(20), ITEMS, 0.2, np.random.default_rng(0)))
    true, random = found[:20], found[20:]
    assert tuple(true) == timeline(20).events
    assert len(random) == 4
    assert not {event.item_id for event in random} & {event.item_id for event in true}
    assert all(0 <= event.timestamp < 1900 and event.type == "rating" for event in random)


def test_of_one_event_or_with_nothing_left_to_meet_there_is_no_noise() -> None:
    assert len(list(noisy(timeline(1), ITEMS, 5.0, np.random.default_rng(0)))) == 1
    assert len(list(noisy(timeline(50), ITEMS, 1.0, np.random.default_rng(0)))) == 50


def test_a_log_in_parts_makes_the_memories_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = rebuild(30, 1_000, 5)
    (log,) = made(30, 1_000, 5, 0)
    again = Interests.of(30, np.full(5, 0.2), whole.habits)
    see_all(again, log)
    assert np.array_equal(whole.fast, again.fast)
    assert room(whole) == 30 * (3 * 5 * 4 + 8)
    assert single(whole) > 0


@pytest.mark.parametrize("kind", SAID)
def test_all_that_may_be_said_is_understood_and_moves_the_list(kind: str) -> None:
    names = ("Comedy", "Drama", "Horror")
    topics = Topics.of_categories([[names[place % 3]] for place in range(60)])
    for words in SAID[kind]:  # type: ignore[index]
        assert [one.kind for one in read_corrections(words.format("drama"), names)] == [kind]
    p = np.random.default_rng(0).dirichlet(np.ones(60))
    for seed in range(10):
        effect = _effect(kind, np.log(p), 7, topics, np.random.default_rng(seed))  # type: ignore[arg-type]
        assert effect.right
        assert effect.untouched[0] == effect.untouched[1]


def test_what_did_not_move_or_moved_the_wrong_way_is_not_right() -> None:
    def effect(kind: str, before: float, after: float, most: float = 1.0) -> Effect:
        return Effect(kind, before, after, most, False, (0, 0), (0, 0))  # type: ignore[arg-type]

    assert not effect("less", 0.2, 0.2).right
    assert not effect("more", 0.2, 0.1).right
    assert not effect("more", 0.2, 0.2).right
    assert effect("more", 0.2, 0.2, most=0.2).right


def test_recall_within_some_events_counts_topics_by_their_mass_and_items_one_by_one() -> None:
    mass = np.repeat(np.eye(6), 2, axis=0)  # two items a topic
    topics = np.array([[0.3, 0.25, 0.2, 0.15, 0.1, 0.0]])
    following = [np.array([0, 1, 11, 2, 10, 3, 4, 5, 6, 7])]
    assert _topic_recall(topics, following, mass, 5) == pytest.approx([3 / 5])
    assert _item_recall([np.array([0, 2, 9])], following, 5) == [2 / 5]
    case = Case(0, np.array([8]), 3, 1, 0.0)
    assert _valid([np.arange(10)], [case], 12) == pytest.approx(0.9)  # 8 was met before
    assert _valid([np.array([1, 1, 2, 3, 4, 5, 6, 7, 9, 10])], [case], 12) == pytest.approx(0.9)
