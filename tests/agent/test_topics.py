"""The topics of a home: which they are, what they are called, and that they stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from agent.fit import fit
from agent.interest_view import interests_of
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.resources import Resources
from agent.topic_count import best_centres
from agent.topic_list import topic_list
from agent.topics import TopicModel, cluster_model, kind_of
from history.records import Item
from retrieval.clusters import centres
from retrieval.trail import PastReader

WORDS = ["Night", "River", "Stone", "Garden"]
QUICK = FitOptions(language_targets=0, recipe=Recipe.short)


def made_items(groups: int = 4, size: int = 10) -> tuple[list[Item], np.ndarray]:
    """Items in groups whose texts lie together and whose titles share a word."""
    generator = np.random.default_rng(0)
    items = [Item(f"{g}-{n}", f"{WORDS[g]} {n}", categories=("Film",)) for g in range(groups) for n in range(size)]
    texts = np.repeat(np.eye(groups, 16, dtype=np.float32), size, axis=0)
    texts += 0.05 * generator.normal(size=texts.shape).astype(np.float32)
    return items, texts / np.linalg.norm(texts, axis=1, keepdims=True)


def meant(words: Sequence[str]) -> np.ndarray:
    """A word means what its group is about."""
    return np.eye(16, dtype=np.float32)[[WORDS.index(word) if word in WORDS else 15 for word in words]]


def test_clusters_are_named_by_what_only_they_hold_and_keep_their_ids(tmp_path: Path) -> None:
    items, texts = made_items()
    first = cluster_model("clusters", centres(texts, 4), items, texts, None, meant)
    topics = first.of(items, texts)
    assert sorted(topics.names) == sorted(WORDS)
    name = dict(zip(first.ids, topics.names, strict=True))
    first.save(tmp_path)
    again = cluster_model("clusters", centres(texts, 5, seed=3), items, texts, TopicModel.load(tmp_path), meant)
    kept = dict(zip(again.ids, again.names, strict=True))
    assert sum(kept.get(one) == name[one] for one in name) >= 3  # one of the four fell in two
    assert again.given == len(set(kept) | set(name)) > 4


def test_both_kinds_share_an_item() -> None:
    items, texts = made_items()
    items[0] = replace(items[0], categories=())
    topics = cluster_model("both", centres(texts, 4), items, texts, None, meant).of(items, texts)
    assert topics.names[0] == "Film"
    mass = topics.mass.toarray()
    assert mass.sum(axis=1) == pytest.approx(1.0)
    assert (mass[0, 0], mass[1, 0]) == (0.0, 0.5)


def test_categories_are_the_topics_where_items_have_them() -> None:
    items, _ = made_items()
    assert kind_of("auto", items) == "categories"
    assert kind_of("auto", [replace(item, categories=()) for item in items]) == "clusters"
    assert kind_of("auto", []) == "clusters"
    assert kind_of("both", items) == "both"


def test_a_home_without_categories_follows_clusters(resources: Resources) -> None:
    bare = [replace(item, categories=()) for item in resources.store.catalogue().values()]
    resources.store.add(bare, [], order_only=False)
    fit(resources, QUICK)
    know = Knowledge(resources)
    listed = topic_list(know, 2)
    assert len(listed) == len(know.topics.names) >= 2
    assert sum(one.share for one in listed) == pytest.approx(1.0)
    assert sum(one.size for one in listed) == len(bare)
    assert all(1 <= len(one.items) <= 2 for one in listed)
    view, _ = interests_of(know, know.store.timeline("u00"))
    assert {one.topic for one in view.now} <= {one.topic for one in listed}
    fit(resources, QUICK)
    assert Knowledge(resources).topics.ids == know.topics.ids  # the same items lie together


def test_the_number_is_the_one_that_tells_most(resources: Resources) -> None:
    store = resources.store
    catalogue = store.catalogue()
    places = {item_id: place for place, item_id in enumerate(catalogue)}
    names = sorted({item.categories for item in catalogue.values()})
    texts = np.zeros((len(places), 16), np.float32)
    texts[np.arange(len(places)), [names.index(item.categories) for item in catalogue.values()]] = 1.0
    reader: PastReader = resources.past_reader(places, texts)
    trails = [reader.trail(timeline) for timeline in store.timelines()]
    found = best_centres(texts, reader, trails, store.order_only(), np.random.default_rng(0))
    assert len(found) == 8  # four kinds of items, all of which users stay with: more says nothing more
    assert len(best_centres(texts, reader, [], True, np.random.default_rng(0))) == 8
