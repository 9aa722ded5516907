"""The model is asked about no more candidates than can matter, and the list is the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.diversity import capped
from agent.fusion import NO_WEIGHT, LanguageWeight, fuse
from agent.recommender import Recommender
from agent.reranking import contenders, fuse_read
from history.catalogue import Catalogue
from history.records import Item

NAMES = [f"i{place}" for place in range(12)]
CATALOGUE = Catalogue([Item(name, name) for name in NAMES])
WEIGHT = LanguageWeight(0.5, 0.5, 0.1, 64, lowest=-1.0, highest=2.0, usual=0.3)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_whatever_the_values_the_list_is_that_of_reading_all(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    log_p = generator.normal(scale=2.0, size=12)
    values = generator.uniform(-1.0, 2.0, size=12)
    was_read = contenders(NAMES, log_p, WEIGHT, count, CATALOGUE, 1.0)
    all_read = np.argsort(-fuse(log_p, values, WEIGHT.weight))[:count]
    some_read = np.argsort(-fuse_read(log_p, values[was_read], was_read, WEIGHT))[:count]
    assert was_read.sum() >= count
    assert all_read.tolist() == some_read.tolist()


@given(st.integers(0, 10_000), st.integers(1, 12), st.sampled_from([0.1, 0.34, 0.5, 1.0]), st.integers(1, 12))
def test_the_list_is_the_same_under_a_category_cap_that_cannot_be_kept(
    seed: int, count: int, cap: float, first: int
) -> None:
    catalogue = Catalogue(
        [Item(name, name, categories=("a" if place < first else "b",)) for place, name in enumerate(NAMES)]
    )
    generator = np.random.default_rng(seed)
    log_p = generator.normal(scale=2.0, size=12)
    values = generator.uniform(-1.0, 2.0, size=12)
    was_read = contenders(NAMES, log_p, WEIGHT, count, catalogue, cap)

    def listed(scores: np.ndarray) -> list[str]:
        order = [NAMES[place] for place in np.argsort(-scores)]
        return capped(order, catalogue, count, cap)

    some = fuse_read(log_p, values[was_read], was_read, WEIGHT)
    assert listed(some) == listed(fuse(log_p, values, WEIGHT.weight))


def test_far_behind_is_not_read_and_without_bounds_all_are() -> None:
    log_p = np.array([0.0, -0.1, -9.0, -0.2] + [-9.0] * 8)
    assert contenders(NAMES, log_p, WEIGHT, 2, CATALOGUE, 1.0).tolist() == [True, True, False, True] + [False] * 8
    unknown = replace(WEIGHT, lowest=-np.inf, highest=np.inf)
    assert contenders(NAMES, log_p, unknown, 2, CATALOGUE, 1.0).all()
    assert contenders(NAMES, log_p, NO_WEIGHT, 2, CATALOGUE, 1.0).sum() == 2


def test_a_category_cap_keeps_those_in_the_race_that_fill_the_list() -> None:
    catalogue = Catalogue(
        [Item(name, name, categories=("a" if place < 6 else "b",)) for place, name in enumerate(NAMES)]
    )
    log_p = np.arange(0.0, -120.0, -10.0)
    assert contenders(NAMES, log_p, WEIGHT, 4, catalogue, 0.5).sum() == 8


def test_many_users_get_what_each_would_get_alone(recommender: Recommender) -> None:
    know = recommender.knowledge
    know.language_weight = LanguageWeight(0.5, 0.5, 1.0, 100)
    users = [*know.store.user_ids(), *know.store.user_ids()[:4]]
    together = list(recommender.recommend_all(users, 5))
    assert [answer.user_id for answer in together] == users
    for answer in together[::7]:
        alone = recommender.recommend(answer.user_id, 5, rationale=False)
        assert [item.item_id for item in answer.items] == [item.item_id for item in alone.items]
        assert [item.score for item in answer.items] == pytest.approx([item.score for item in alone.items])
