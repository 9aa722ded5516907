from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from history.domain import load_domain
from history.records import Event, Item
from history.splits import Target
from history.timeline import Timeline
from retrieval import training
from retrieval.learning import Catalogued, learn, lesson_of
from retrieval.parts import PARTS
from retrieval.retriever import Retriever
from retrieval.taste import TasteReader
from retrieval.tower import Tower, TowerShape, collate, gap_buckets
from retrieval.trail import Past, PastReader, Trail
from retrieval.training import RECIPES, Held, Recipe, again, index_vectors, log_likelihood, recipe_for, train
from workspace.artefact import Artefact

ITEMS, SIGNALS = 24, 6
TEXTS = np.random.default_rng(0).normal(size=(ITEMS, 8)).astype(np.float32)
TEXTS /= np.linalg.norm(TEXTS, axis=1, keepdims=True)
SHAPE = TowerShape(width=16, layers=1, length=10, dropout=0.0)
RECIPE = Recipe(epochs=30, every=2, patience=3, rate=3e-3, shape=SHAPE)


def trail(items: list[int], step: float = 60.0) -> Trail:
    count = len(items)
    return Trail(np.array(items, np.int64), np.arange(count, dtype=float) * step, np.full(count, 2))


def circles(users: int = 60, length: int = 12) -> list[Trail]:
    """Everyone walks round the even items but the last two: each next item is certain."""
    return [trail([(2 * (user + step)) % (ITEMS - 4) for step in range(length)]) for user in range(users)]


def test_what_comes_later_changes_no_earlier_state() -> None:
    tower = Tower(TEXTS, SIGNALS, SHAPE).eval()
    inputs = torch.randn(1, 6, SHAPE.width)
    batch = collate([trail([1, 2, 3, 4, 5, 6])])
    changed = inputs.clone()
    changed[0, 4:] += torch.randn(2, SHAPE.width)
    before, after = tower(inputs, batch), tower(changed, batch)
    assert torch.allclose(before[0, :4], after[0, :4], atol=1e-6)
    assert not torch.allclose(before[0, 4:], after[0, 4:], atol=1e-2)


def test_the_index_scores_as_the_tower_does() -> None:
    tower = Tower(TEXTS, SIGNALS, SHAPE).eval()
    batch = collate([trail([1, 2, 3])])
    with torch.no_grad():
        expected = tower(tower.items()[batch.items], batch)[0, 2] @ tower.items().T
    found = tower.queries([trail([1, 2, 3])], index_vectors(tower)) @ index_vectors(tower).T
    assert found[0] == pytest.approx(expected.numpy(), abs=1e-5)


def test_neighbours_in_a_batch_change_nothing_and_an_empty_trail_asks_for_nothing() -> None:
    tower, vectors = (made := Tower(TEXTS, SIGNALS, SHAPE)), index_vectors(made)
    trails = [trail([1, 2, 3]), trail([]), trail(list(range(15)))]
    together = tower.queries(trails, vectors)
    assert not together[1].any()
    for row in (0, 2):
        assert together[row] == pytest.approx(tower.queries([trails[row]], vectors)[0], abs=1e-5)
    last_ten = Trail(trails[2].items[-10:], trails[2].times[-10:], trails[2].signals[-10:])
    assert together[2] == pytest.approx(tower.queries([last_ten], vectors)[0], abs=1e-5)


def test_time_gaps_and_signals_are_read_once_trained() -> None:
    tower = Tower(TEXTS, SIGNALS, SHAPE)
    train(tower, circles(), None, replace(RECIPE, epochs=3))
    vectors = index_vectors(tower)
    slow, fast = trail([2, 4, 6], 1e6), trail([2, 4, 6], 0.0)
    disliked = Trail(slow.items, slow.times, slow.signals - 1)
    slow_query, fast_query, other = (tower.queries([one], vectors)[0] for one in (slow, fast, disliked))
    assert not np.allclose(slow_query, fast_query)
    assert np.allclose(slow_query, other) == bool((tower.signals.weight[1] == tower.signals.weight[2]).all())


def test_gap_buckets_by_hand() -> None:
    times = np.array([5.0, 5.0, 6.0, 10.0, 10.0 + 3600, 1e12])
    assert gap_buckets(times).tolist() == [0, 0, 1, 2, 6, 15]


@pytest.mark.parametrize("recipe", [RECIPE, replace(RECIPE, epochs=60, decay=True, half=True)])
@pytest.mark.parametrize("full_softmax", [20_000, 1])
def test_it_learns_what_is_certain_and_unseen_items_keep_no_residual(
    full_softmax: int, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "FULL_SOFTMAX", full_softmax)
    tower = Tower(TEXTS, SIGNALS, SHAPE)
    train(tower, circles(), None, recipe)
    vectors = index_vectors(tower)
    scores = tower.queries([trail([0, 2, 4]), trail([10, 12])], vectors) @ vectors.T
    assert scores.argmax(axis=1).tolist() == [6, 14]
    seen = sorted({int(item) for one in circles() for item in one.items})
    unseen = np.setdiff1d(np.arange(ITEMS), seen)
    assert not vectors[unseen, 8:].any()
    assert vectors[seen, 8:].any(axis=1).all()


def test_early_stopping_keeps_the_best_weights_and_the_seed_decides_all() -> None:
    trails = circles()
    held = Held([trail([0, 2, 4])] * 3, np.array([1, 3, 5]), np.ones((3, ITEMS), bool))
    towers = [Tower(TEXTS, SIGNALS, SHAPE, seed=1) for _ in range(2)]
    epochs = [train(tower, trails, held, replace(RECIPE, seed=1)) for tower in towers]
    assert epochs[0] == epochs[1] < RECIPE.epochs
    assert np.array_equal(index_vectors(towers[0]), index_vectors(towers[1]))
    longer = Tower(TEXTS, SIGNALS, SHAPE, seed=1)
    train(longer, trails, None, replace(RECIPE, seed=1))
    assert log_likelihood(towers[0], held) > log_likelihood(longer, held)


@pytest.mark.parametrize("name", RECIPES)
def test_many_events_get_a_wider_tower_whose_rate_goes_on_where_it_had_fallen(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trails = [trail([0, 2, 4])] * 3
    assert recipe_for(name, trails, seed=7) == replace(RECIPES[name], seed=7)
    monkeypatch.setattr(training, "MANY_EVENTS", 9)
    wide = recipe_for(name, trails, seed=7)
    assert (wide.shape.width, wide.shape.length, wide.seed) == (128, 200, 7)
    assert again(wide, 20).rate == pytest.approx(wide.rate * wide.share)
    assert again(replace(wide, decay=False), 20).rate == wide.rate
    assert again(wide, 20).epochs == round(20 * wide.share)


def made_world() -> tuple[Catalogued, PastReader, list[Timeline], dict[str, int]]:
    names = [f"i{number:02}" for number in range(ITEMS)]
    places = {name: place for place, name in enumerate(names)}
    domain = load_domain("video")
    vectors = dict(zip(names, TEXTS, strict=True))
    tastes = TasteReader(domain, 5.0, vectors.get, lambda texts: TEXTS[: len(texts)], TEXTS.shape[1])
    reader = PastReader(domain, 5.0, places, tastes)
    timelines = [
        Timeline(f"u{user}", tuple(Event(f"u{user}", names[item], when, "like") for item, when in zip(*parts)))  # noqa: B905
        for user, one in enumerate(circles())
        for parts in [(one.items.tolist(), one.times.tolist())]
    ]
    items = [Item(name, name.upper(), categories=("Even" if int(name[1:]) % 4 else "Odd",)) for name in names]
    return Catalogued(names, items, TEXTS, reader.signals), reader, timelines, places


def test_a_learnt_retriever_finds_the_next_item_and_comes_back_from_disk(tmp_path: Path) -> None:
    catalogued, reader, timelines, places = made_world()
    targets = [Target(timeline.before(8), timeline.events[8].item_id) for timeline in timelines]
    lesson = lesson_of(reader, [target.history for target in targets], targets, places, repeats=False)
    learnt = learn(catalogued, lesson, [reader.trail(timeline) for timeline in timelines], RECIPE)
    assert learnt.fitted
    assert learnt.fitted.log_likelihood > -0.7
    past: Past = reader.read(timelines[0].before(5))
    allowed = np.ones(ITEMS, bool)
    allowed[past.trail.known] = False
    log_p = learnt.retriever.log_probability(past, allowed)
    assert int(log_p.argmax()) == 10
    learnt.retriever.save(tmp_path)
    loaded = Retriever.load(Artefact(tmp_path, {}), catalogued.items)
    assert loaded.log_probability(past, allowed) == pytest.approx(log_p, abs=1e-5)
    assert loaded.text_width == TEXTS.shape[1]
    assert set(loaded.parts) == set(learnt.retriever.parts) == set(PARTS)


def test_from_too_few_targets_no_weight_is_fitted() -> None:
    catalogued, reader, timelines, places = made_world()
    few = [Target(timelines[0].before(8), timelines[0].events[8].item_id)]
    lesson = lesson_of(reader, [few[0].history], few, places, repeats=False)
    assert learn(catalogued, lesson, lesson.trails, replace(RECIPE, epochs=2)).fitted is None


def test_where_nothing_follows_anything_there_is_no_tower() -> None:
    catalogued, reader, timelines, places = made_world()
    single = [timeline.before(1) for timeline in timelines]
    learnt = learn(catalogued, lesson_of(reader, single, [], places, repeats=False), [], replace(RECIPE, epochs=1))
    assert "tower" not in learnt.retriever.parts
    assert learnt.retriever.text_width == learnt.retriever.index.dimension == TEXTS.shape[1]
