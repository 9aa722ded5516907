"""The measurements of interests: noise, states of many users, lists that obey."""

from __future__ import annotations

import numpy as np
import pytest

from eval.corrected import SAID, Effect, _effect
from eval.noisy import noisy
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
