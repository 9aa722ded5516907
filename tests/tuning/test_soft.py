"""What the retriever knows may teach: its say as soft targets, its tower's items to begin with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from agent.options import Recipe
from agent.resources import Resources
from engine import reading
from eval.evaluate import EvaluateOptions, split_of
from eval.lineup import Scene
from history.timeline import Timeline
from retrieval.parts import TowerPart
from serving.cli.tune import show_data
from tests.tuning.conftest import made_histories
from tests.tuning.tuned_home import OPTIONS, PROTOCOL, opened
from tuning.lesson import Lesson
from tuning.reader import Reader, collate
from tuning.run import reader_of
from workspace.errors import UsageError
from workspace.home import Home


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory, real_home: Home) -> Lesson:
    resources: Resources = opened(tmp_path_factory.mktemp("soft"), real_home)
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    retrieval = Scene(resources, PROTOCOL, recipe=Recipe.short).retrieval
    found = Lesson(resources, split, retrieval, replace(OPTIONS, soft=0.5, tower=True, width=64))
    found.prepare()
    return found


@pytest.mark.model
def test_the_tower_says_what_is_likely_after_each_event(lesson: Lesson) -> None:
    reading = lesson.plan[0][0]
    assert reading.likely.shape == (len(reading.targets), len(lesson.names))
    assert reading.likely.sum(1) == pytest.approx(1.0, abs=1e-5)
    retrieval = lesson.retrieval
    index, part = retrieval.rehearsal.index, retrieval.rehearsal.parts["tower"]
    assert isinstance(part, TowerPart)
    places = [index.places[item_id] for item_id in lesson.split.test.events.item_ids]
    for row, before in zip(reading.likely, reading.befores.tolist(), strict=True):
        trail = retrieval.reader.trail(Timeline("", reading.timeline.events[:before]))
        logits = (part.tower.queries([trail], index.vectors) @ index.vectors.T)[0, places]
        assert row == pytest.approx(np.exp(logits - logsumexp(logits)), rel=1e-3)


@pytest.mark.model
def test_the_head_begins_with_the_towers_items(lesson: Lesson) -> None:
    part = lesson.retrieval.rehearsal.parts["tower"]
    assert isinstance(part, TowerPart)
    head, index = reader_of(lesson).head, lesson.retrieval.rehearsal.index
    held = torch.from_numpy(index.vectors)
    width = lesson.retrieval.rehearsal.text_width
    items = part.tower.projection(held[:, :width]) + held[:, width:]
    places = [index.places[item_id] for item_id in lesson.split.test.events.item_ids]
    assert torch.allclose(head.items(), items[places], atol=1e-5)
    assert not head.popularity.any()


@pytest.mark.model
def test_a_head_of_another_width_is_told_the_towers(lesson: Lesson) -> None:
    with pytest.raises(UsageError, match="is to be 16 wide, .* is 64 wide: tune with --width 64"):
        reader_of(replace(lesson, options=replace(lesson.options, width=16)))


def test_a_soft_target_teaches_by_its_share(reader: Reader) -> None:
    stretch = made_histories(1)[0].reading(np.arange(5))
    certain = np.eye(12, dtype=np.float32)[stretch.targets]
    reader.eval()
    hard = reader(collate([stretch]))["loss"].detach()
    for likely, share, equal in ((certain, 0.7, True), (np.roll(certain, 1, 1), 0.7, False)):
        soft = Reader(reader.language, reader.head, soft=share)
        found = soft.eval()(collate([replace(stretch, likely=likely)]))["loss"].detach()
        assert (abs(float(found - hard)) < 1e-5) == equal


def test_items_that_nobody_chose_take_no_part(reader: Reader) -> None:
    stretch = made_histories(1)[0].reading(np.arange(5))
    reader.head.seen[11] = False
    reader.eval()(collate([stretch]))["loss"].backward()
    grown = reader.head.popularity.grad
    assert grown is not None
    assert (grown[:11] != 0).all() and grown[11] == 0
    soft = Reader(reader.language, reader.head, soft=1.0).eval()
    batch = collate([replace(stretch, likely=np.full((len(stretch.targets), 12), 1 / 12, np.float32))])
    expected = -reader.head(reader.states(batch))[:, :11].log_softmax(1).mean()
    assert torch.allclose(soft(batch)["loss"], expected)


def test_of_many_items_a_sample_stands_for_the_rest(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = collate([made_histories(1)[0].reading(np.arange(5))])
    reader.eval()
    states, (whole, none) = reader.states(batch).detach(), reader.head.taking_part(batch.targets)
    assert whole.tolist() == list(range(12)) and not none.any()
    monkeypatch.setattr(reading, "FULL", 11)
    monkeypatch.setattr(reading, "DRAWN", 3)
    own, sums = sorted(set(batch.targets.tolist())), []
    for _ in range(400):
        places, added = reader.head.taking_part(batch.targets)
        assert places[: len(own)].tolist() == own
        assert len(set(places.tolist())) == len(places) == len(own) + 3
        sums.append((reader.head(states, places) + added).exp().sum(1))
    assert torch.allclose(torch.stack(sums).mean(0), reader.head(states).exp().sum(1), rtol=0.05)
    over_all = torch.nn.functional.cross_entropy(reader.head(states), batch.targets)
    assert reader(batch)["loss"].item() == pytest.approx(over_all.item(), rel=0.3)


@pytest.mark.model
def test_a_dry_run_shows_what_is_taught_so(lesson: Lesson, capsys: pytest.CaptureFixture[str]) -> None:
    retrieval = Scene(lesson.resources, PROTOCOL, recipe=Recipe.short).retrieval  # not fitted yet
    show_data(replace(lesson, retrieval=retrieval))
    assert "    -> " in capsys.readouterr().out


@pytest.mark.model
def test_stretches_longer_than_the_tower_looks_back_on_are_taught_too(lesson: Lesson) -> None:
    part = lesson.retrieval.rehearsal.parts["tower"]
    assert isinstance(part, TowerPart)
    known = lesson.resources.store.timeline("u01").events
    length = part.tower.shape.length
    timeline = Timeline("", (known * (2 * length))[: 2 * length + 5])
    befores = np.array([2, length, length + 1, 2 * length + 3])
    found = lesson.retrieval.tower_log_p(timeline, befores, lesson.retrieval.rehearsal)
    assert np.exp(found).sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    for place in (2, 3):  # each the last of a window; those before it in one see fewer events
        alone = lesson.retrieval.tower_log_p(timeline, befores[place:][:1], lesson.retrieval.rehearsal)
        assert found[place] == pytest.approx(alone[0], abs=1e-5)
