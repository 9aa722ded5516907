"""What a model is taught from: every event, each behind what really came before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from history.catalogue import Catalogue
from history.records import Item
from tests.tuning.conftest import made_histories
from tuning.examples import History, batches, epoch, shuffled
from tuning.plan import Plan

MANY = History((38, 39), tuple((n, 30) for n in range(30)), np.arange(30))


def test_every_event_but_the_first_is_a_target_once_an_epoch() -> None:
    for seed in range(5):
        found = list(epoch([MANY], 7, 0.0, np.random.default_rng(seed)))
        assert sorted(np.concatenate([one.targets for one in found]).tolist()) == list(range(1, 30))
        assert max(len(one.ends) for one in found) <= 7


def test_a_target_is_what_follows_the_line_where_it_is_read() -> None:
    for reading in epoch([MANY], 7, 0.3, np.random.default_rng(1)):
        assert reading.ids[:2].tolist() == [38, 39]
        shown = reading.ids[reading.ends - 1]  # a line is its item and the end of the line
        assert reading.ids[reading.ends].tolist() == [30] * len(shown)
        assert shown[1:].tolist() == reading.targets[:-1].tolist()
        assert (reading.targets > shown).all()


def test_what_is_dropped_differs_from_epoch_to_epoch_and_is_no_target() -> None:
    generator = np.random.default_rng(0)
    seen = [np.concatenate([one.targets for one in epoch([MANY], 7, 0.3, generator)]) for _ in range(50)]
    assert len({tuple(one.tolist()) for one in seen}) == 50
    assert 0.6 < np.mean([len(one) for one in seen]) / 29 < 0.8


def test_a_history_too_short_to_teach_is_passed_over() -> None:
    short = [History((38,), ((1, 30),), np.array([1])), History((38,), (), np.zeros(0, np.int64))]
    assert not list(epoch(short, 7, 0.0, np.random.default_rng(0)))
    assert len(Plan([[*short, MANY]], 1, 7, 100, 0)) == len(Plan([[MANY]], 1, 7, 100, 0))


def test_epochs_take_the_wordings_in_turn() -> None:
    other = History((37, 37), tuple((n, 31) for n in range(30)), np.arange(30))
    plan = Plan([[MANY], [other]], 4, 7, 1_000, 0)
    assert [int(plan[step][0].ids[0]) for step in range(len(plan))] == [38, 37, 38, 37]


def test_categories_are_shuffled_and_nothing_else() -> None:
    catalogue = Catalogue([Item(f"i{n}", f"Film {n}", categories=tuple("abcdefg"), year=1990) for n in range(3)])
    found = shuffled(catalogue, np.random.default_rng(0))
    assert all(sorted(item.categories) == list("abcdefg") for item in found.values())
    assert len({item.categories for item in found.values()}) == 3
    assert [replace(item, categories=()) for item in found.values()] == [
        replace(item, categories=()) for item in catalogue.values()
    ]


def test_a_step_is_known_beforehand_and_within_its_tokens() -> None:
    plan, again = (Plan([made_histories()], 3, 6, 60, seed=4, dropped=0.2) for _ in range(2))
    assert len(plan) == len(again)
    for step in (len(plan) - 1, 0, len(plan) // 2):
        assert all(np.array_equal(one.ids, other.ids) for one, other in zip(plan[step], again[step], strict=True))
    for step in range(len(plan)):
        longest = max(len(one.ids) for one in plan[step])
        assert longest * len(plan[step]) <= 60 or len(plan[step]) == 1


def test_readings_of_a_like_length_share_a_batch() -> None:
    readings = list(epoch(made_histories(), 6, 0.2, np.random.default_rng(0)))
    found = batches(readings, 100, np.random.default_rng(0))
    assert sum(map(len, found)) == len(readings)
