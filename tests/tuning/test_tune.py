"""Tuning from end to end: what is learnt is kept with a card, ranks when promoted, and never sees what it predicts."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from agent.adapters import Adapters, Card
from agent.fit import fit
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from engine.local import LocalEngine
from eval.evaluate import EvaluateOptions, evaluate, split_of
from serving.cli.doctor import _adapter
from serving.cli.main import app
from tests.conftest import FakeEncoder
from tests.tuning.tuned_home import PROTOCOL, copied, opened, tuned
from workspace.artefact import publish
from workspace.errors import ModelError, NotReady, StoreError, UnknownName, UsageError
from workspace.home import Home
from workspace.settings import Settings

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tuned")


@pytest.fixture(scope="module")
def card(root: Path, real_home: Home) -> Card:
    return tuned(opened(root, real_home))


@pytest.fixture
def resources(card: Card, root: Path, real_home: Home) -> Resources:
    return opened(root, real_home)


def test_a_card_says_what_the_adapter_was_made_from(card: Card, resources: Resources) -> None:
    assert resources.adapters.find("first").card == card
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    assert card.fit_hash == split.fit_hash
    assert (card.users, card.events) == (36, len(split.test.events))
    assert card.fingerprint == resources.fingerprint
    found = card.measured["bf16"]
    assert found.targets == 36
    assert found.fused >= found.retrieval - 1e-3
    assert not (resources.home.runs / "tune" / "first").exists()
    assert "loss" in (resources.adapters.find("first").folder / "log.jsonl").read_text()


def test_the_last_epoch_is_over_all_that_may_be_seen(card: Card, resources: Resources) -> None:
    looked_at = tuned(resources, name="looked-at", refit=0)
    assert looked_at.measured == card.measured
    assert looked_at.tokens < card.tokens
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    assert (looked_at.events, card.events) == (len(split.validation.events), len(split.test.events))
    heads = [resources.adapters.find(name).folder / "head.safetensors" for name in ("looked-at", "first")]
    assert heads[0].read_bytes() != heads[1].read_bytes()


def test_the_evaluation_reads_what_was_measured(card: Card, resources: Resources) -> None:
    results = evaluate(
        resources, PROTOCOL, ["retrieval", "tuned-head", "tuned-fused"], EvaluateOptions(recipe=Recipe.short)
    )
    figures = {name: found["ndcg@10"].mean for name, found in results.systems.items()}
    assert figures["tuned-head"] > 0.1
    assert {found["logloss"].n for found in results.systems.values()} == {36}


def test_without_an_adapter_for_the_very_events_the_evaluation_says_what_to_run(resources: Resources) -> None:
    with pytest.raises(NotReady, match="foretaste tune --protocol cold-items"):
        evaluate(resources, "cold-items", ["tuned-head"], EvaluateOptions(recipe=Recipe.short))


def test_a_promoted_adapter_ranks_until_it_is_rolled_back(resources: Resources) -> None:
    card = tuned(resources, "everything", "second")
    assert card.protocol == "everything"
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    before = Recommender(Knowledge(resources)).recommend("u01", 5, rationale=False)
    resources.adapters.promote("second")
    recommender = Recommender(Knowledge(resources))
    after = recommender.recommend("u01", 5, rationale=False)
    assert dict(_adapter(recommender.knowledge)).popitem()[1].startswith("the adapter second")
    weight = card.measured["bf16"].weights["head"]
    assert after.adapter == ("second" if weight else None)
    assert before.adapter is None
    assert recommender.recommend("u01", 5, llm=False, rationale=False).items == before.items
    total = sum(item.probability for item in recommender.recommend("u01", 40, rationale=False).items)
    assert 0.99 < total <= 1.0 + 1e-6
    assert resources.adapters.rollback() is None
    assert Recommender(Knowledge(resources)).recommend("u01", 5, rationale=False).items == before.items


def test_a_run_that_stopped_goes_on(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    straight = tuned(resources, name="straight")
    looks = 0
    from tuning import run as module

    real = module._look

    def failing(lesson: Any, reader: Any) -> Any:
        look = real(lesson, reader)

        def stop() -> float:
            nonlocal looks
            looks += 1
            if looks == 2:
                raise KeyboardInterrupt
            return look()

        return stop

    monkeypatch.setattr(module, "_look", failing)
    with pytest.raises(KeyboardInterrupt):
        tuned(resources, name="stopped")
    monkeypatch.undo()
    resumed = tuned(resources, name="stopped")
    assert resumed.measured == straight.measured
    first, second = (resources.adapters.find(name).folder for name in ("straight", "stopped"))
    for file in ("adapter.safetensors", "head.safetensors"):
        assert (first / file).read_bytes() == (second / file).read_bytes()


def test_an_adapter_for_other_weights_or_settings_is_refused(root: Path, real_home: Home, card: Card) -> None:
    version = Adapters(Home.at(root / "home")).find("first")
    with pytest.raises(NotReady, match="other weights or another tokenizer"):
        opened(root, real_home, seed=1).tuned(version)
    with pytest.raises(NotReady, match="made with the encoder fake, not with other"):
        Resources(real_home, Settings(encoder="other", model=str(root / "model-0"))).tuned(version)
    with pytest.raises(NotReady, match=r"tuned on other items: only 2 of its \d+"):
        version.head(["i01", "i02", "x3"], FakeEncoder().encode(["one", "two", "three"]))
    with pytest.raises(NotReady, match="measured in bf16, not in fp32"):
        version.measured("fp32")


def test_an_adapter_of_another_home_is_taken_over(resources: Resources, card: Card, tmp_path: Path) -> None:
    here, there = Adapters(Home(tmp_path)), resources.home.adapters / "first"
    found = here.add(there)
    assert found.card == card
    assert found.folder.parent.parent == tmp_path / "adapters"
    assert (found.folder / "head.safetensors").read_bytes() == (
        resources.adapters.find("first").folder / "head.safetensors"
    ).read_bytes()
    with pytest.raises(UsageError, match="there is an adapter 'first' .* already"):
        here.add(there)
    with pytest.raises(NotReady, match="name the folder of an adapter"):
        here.add(tmp_path / "none")
    publish(tmp_path / "other", {"name": "no card"}, lambda folder: (folder / "file").touch())
    with pytest.raises(NotReady, match="other holds something else than an adapter"):
        here.add(tmp_path / "other")


def test_an_adapter_reads_histories_as_it_was_taught(resources: Resources, root: Path, real_home: Home) -> None:
    other = opened(root, real_home, rendering="title-year-category")
    stable = [
        one.stable(resources.store.timeline("u01"), resources.store.catalogue())
        for one in (resources.renderer, other.renderer_for(resources.adapters.find("first")), other.renderer)
    ]
    assert stable[0] == stable[1] != stable[2]


@pytest.mark.parametrize("name", ["../out", "a/b", ".hidden", "", "x" * 101, "two words", "promoted.json"])
def test_a_name_that_is_none_for_a_folder_is_refused(resources: Resources, name: str) -> None:
    with pytest.raises(UsageError, match="an adapter cannot be called"):
        tuned(resources, name=name)


@pytest.mark.parametrize(("weight", "precision"), [(0.3, "fp32"), (0.0, "nf4")])
def test_auto_chooses_among_the_precisions_in_which_an_adapter_helps(
    resources: Resources, weight: float, precision: str
) -> None:
    first = resources.adapters.find("first")
    measured = replace(first.card.measured["bf16"], weights={"retrieval": 1.0, "head": weight})
    card = replace(first.card, name=f"weighs-{weight}", measured={"fp32": measured})
    resources.adapters.keep(card, lambda target: copied(first.folder, target))
    resources.adapters.promote(card.name)
    auto = Resources(resources.home, resources.settings.model_copy(update={"precision": "auto"}))
    auto.settle({})
    assert auto.precision == precision
    resources.adapters.rollback()


def test_an_adapter_that_is_gone_is_told_of_only_when_it_is_to_rank(resources: Resources) -> None:
    tuned(resources, name="gone", epochs=1)
    resources.adapters.promote("gone")
    shutil.rmtree(resources.home.adapters / "gone")
    auto = Resources(resources.home, resources.settings.model_copy(update={"precision": "auto"}))
    auto.settle({})
    assert auto.precision == "nf4"
    with pytest.raises(NotReady, match="the promoted adapter 'gone' is gone"):
        resources.adapters.promoted()
    resources.adapters.rollback()


def test_a_name_is_used_once(resources: Resources) -> None:
    with pytest.raises(UsageError, match="there is an adapter 'first' .* already"):
        tuned(resources)


def test_a_disk_that_is_full_during_a_checkpoint_loses_nothing(resources: Resources) -> None:
    straight = tuned(resources, name="never-full")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(StoreError, match="could not write .* free some room"):
            tuned(resources, name="full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "full" not in resources.adapters.names()
    assert tuned(resources, name="full").measured == straight.measured


def test_a_depth_reads_through_the_first_layers_only(resources: Resources) -> None:
    card = tuned(resources, name="shallow", depth=1, epochs=1)
    engine = resources.tuned(resources.adapters.find("shallow"))
    assert card.shape["depth"] == 1
    assert len(engine.model.base_model.layers) == 1
    assert len(resources.engine.model.base_model.layers) == 2
    with pytest.raises(ModelError, match="a depth of 9 is more than the 2 layers"):
        tuned(resources, name="too-deep", depth=9)


def test_the_model_that_serves_is_not_touched_by_tuning(resources: Resources) -> None:
    before = {name: value.clone() for name, value in resources.engine.model.state_dict().items()}
    tuned(resources, name="third", epochs=1)
    after = resources.engine.model.state_dict()
    assert before.keys() == after.keys()
    assert all(before[name].equal(after[name]) for name in before)


def test_adapters_are_listed_promoted_and_rolled_back(resources: Resources) -> None:
    adapters = resources.adapters
    with pytest.raises(UnknownName, match="no adapter 'nobody' in .* there are: first"):
        adapters.promote("nobody")
    adapters.promote("first")
    runner, home = CliRunner(), str(resources.home.root)
    assert "* first" in runner.invoke(app, ["--home", home, "adapters", "list"]).output
    found = runner.invoke(app, ["--home", home, "adapters", "list", "--json"])
    assert "first" in [card["name"] for card in json.loads(found.output)]
    first = adapters.find("first")
    adapters.keep(replace(first.card, name="twin"), lambda target: copied(first.folder, target))
    adapters.promote("first", "twin")
    assert [version.card.name for version in adapters.promoted()] == ["first", "twin"]
    assert runner.invoke(app, ["--home", home, "adapters", "list"]).output.count("* ") == 2
    assert adapters.rollback() == "first"
    assert adapters.rollback() is None
    with pytest.raises(UsageError, match="nothing to go back from"):
        adapters.rollback()


def test_an_adapter_that_is_gone_is_named(resources: Resources, tmp_path: Path) -> None:
    (resources.home.adapters / "promoted.json").write_text(json.dumps(["gone"]))
    with pytest.raises(NotReady, match="'gone' is gone"):
        resources.adapters.promoted()
    resources.adapters.rollback()


def test_two_engines_read_alike(resources: Resources) -> None:
    version = resources.adapters.find("first")
    one, other = resources.tuned(version), LocalEngine(resources.settings.model, "bf16").with_adapter(version.adapter)
    stems = [
        resources.renderer.stable(resources.store.timeline(user), resources.store.catalogue())
        for user in ("u01", "u02")
    ]
    assert np.array_equal(one.states(stems).float(), other.states(stems).float())


def test_two_processes_share_the_steps(resources: Resources, root: Path, real_home: Home) -> None:
    several = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--mixed_precision", "no"]  # or CPUs
    script = ["--dynamo_backend", "no", "-m", "tests.tuning.several_processes", str(root)]
    env = {**os.environ, "FORETASTE_HOME": str(real_home.root), "OMP_NUM_THREADS": "1"}
    launch = [sys.executable, "-m", "accelerate.commands.launch", *several, *script]
    done = subprocess.run(launch, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    tuned(resources, name="alone", epochs=2, questions=1)
    cards = [resources.adapters.find(name) for name in ("shared", "alone")]
    logs = [(one.folder / "log.jsonl").read_text().splitlines() for one in cards]
    together, alone = (max(json.loads(line)["step"] for line in log) for log in logs)
    assert together == -(-alone // 2)
    assert cards[0].card.measured["bf16"].head == pytest.approx(cards[1].card.measured["bf16"].head, abs=0.5)
