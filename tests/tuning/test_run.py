"""One run: the folder that it goes on in, and gradients that a look at validation leaves alive."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from agent.options import Recipe
from agent.resources import Resources
from engine import loading
from eval.evaluate import EvaluateOptions, split_of
from eval.lineup import Scene
from tests.conftest import FakeEncoder, made_events, made_items
from tests.tuning.tuned_home import OPTIONS, PROTOCOL, opened, tuned
from tuning.lesson import Lesson
from tuning.reader import collate
from tuning.run import _begun, _is_whole, _look, reader_of
from workspace.errors import DataError, ModelError, UsageError
from workspace.home import Home


def test_a_checkpoint_that_was_not_written_to_its_end_is_swept_away(tmp_path: Path) -> None:
    whole, half = tmp_path / "checkpoint-2", tmp_path / "checkpoint-4"
    for folder in (whole, half):
        folder.mkdir()
    (whole / "trainer_state.json").write_text("{}")
    (half / "trainer_state.json").write_text('{"global_st')
    assert [_is_whole(folder) for folder in (whole, half)] == [True, False]
    assert not half.exists()


def test_a_run_told_otherwise_leaves_a_stopped_one_alone(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run" / "checkpoint-2"
    assert not _begun(checkpoint.parent, {"rate": 0.1, "seed": 0})
    checkpoint.mkdir()
    (checkpoint / "trainer_state.json").write_text("{}")
    with pytest.raises(UsageError, match=r"run .* told otherwise: rate was 0\.1 and is 0\.2; tell it the same"):
        _begun(checkpoint.parent, {"rate": 0.2, "seed": 0})
    assert _begun(checkpoint.parent, {"rate": 0.1, "seed": 0})
    shutil.rmtree(checkpoint)
    assert not _begun(checkpoint.parent, {"rate": 0.2, "seed": 0})


@pytest.mark.model
@pytest.mark.parametrize("precision", ["nf4", "bf16", "fp32"])
def test_gradients_live_on_after_a_look_at_validation(
    tmp_path: Path, real_home: Home, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resources = Resources(
        Home.at(tmp_path / "home"), opened(tmp_path, real_home).settings.model_copy(update={"precision": precision})
    )
    vars(resources).update(encoder=FakeEncoder())
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    lesson = Lesson(resources, split, Scene(resources, PROTOCOL, recipe=Recipe.short).retrieval, OPTIONS)
    lesson.prepare()
    reader = reader_of(lesson)
    _look(lesson, reader)()
    assert reader.training
    reader(collate(lesson.plan[0]))["loss"].backward()
    gradients = {name: value.grad for name, value in reader.trained().items() if "lora_A" not in name}
    assert all(value is not None and value.abs().sum() > 0 for name, value in gradients.items()), gradients.keys()
    if precision == "nf4":
        monkeypatch.setattr(loading, "SMALL", 0)  # a model as large as is never unpacked
        large = Resources(resources.home, resources.settings)
        with pytest.raises(ModelError, match="no gradient passes them after that: set precision bf16"):
            reader_of(replace(lesson, resources=large))


@pytest.mark.model
def test_too_little_to_learn_from_is_refused(real_home: Home, tmp_path: Path) -> None:
    settings = opened(tmp_path, real_home).settings
    few = Resources.at(Home.at(tmp_path / "few"), settings)
    vars(few).update(encoder=FakeEncoder())
    few.store.add(made_items(), made_events(users=4, each=4), order_only=False)
    with pytest.raises(DataError, match="4 validation targets"):
        tuned(few)
    none = Resources.at(Home.at(tmp_path / "none"), settings)
    vars(none).update(encoder=FakeEncoder())
    with pytest.raises(DataError, match="0 validation targets after 0 events"):
        tuned(none)
