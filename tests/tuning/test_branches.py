"""A model that was taught to choose: its branches are measured, ranked by and asked when its adapter is promoted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from agent.adapters import Card
from agent.fit import fit
from agent.fusion import NO_WEIGHT, LanguageWeight
from agent.knowledge import Knowledge
from agent.options import FitOptions, Recipe
from agent.recommender import Recommender
from agent.resources import Resources
from eval.evaluate import EvaluateOptions, evaluate, split_of
from eval.lineup import Scene
from history.records import Item
from tests.tuning.tuned_home import OPTIONS, PROTOCOL, copied, opened, tuned
from tuning import search as search_module
from tuning.data_card import data_card, examples
from tuning.lesson import Lesson
from tuning.run import Trained, run_training
from workspace.errors import ForetasteError, ModelError, NotReady, UsageError
from workspace.home import Home

SHORT = EvaluateOptions(recipe=Recipe.short)
pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chooses")


@pytest.fixture(scope="module")
def card(root: Path, real_home: Home) -> Card:
    return tuned(opened(root, real_home), name="chooses", questions=2, epochs=2)


@pytest.fixture
def resources(card: Card, root: Path, real_home: Home) -> Resources:
    return opened(root, real_home)


def test_the_card_says_what_branches_add(card: Card, resources: Resources) -> None:
    found = card.measured["bf16"].branches
    assert found.targets == 36
    assert found.lowest < found.usual < found.highest
    assert resources.adapters.find("chooses").measured("bf16").branches == found


def test_the_evaluation_ranks_by_them(resources: Resources) -> None:
    results = evaluate(resources, PROTOCOL, ["zero-shot", "tuned", "tuned-fused"], SHORT)
    figures = {name: found["ndcg@10"].mean for name, found in results.systems.items()}
    assert set(figures) == {"zero-shot", "tuned", "tuned-fused"}
    assert figures["tuned"] != figures["zero-shot"]
    assert results.systems["tuned"]["tokens"].mean > 0


def test_the_head_orders_the_retrievers_candidates(resources: Resources) -> None:
    found = evaluate(resources, PROTOCOL, ["retrieval", "tuned-head", "tuned-head-order"], SHORT).answers
    split = split_of(resources, PROTOCOL, SHORT)
    for retrieved, ranked, ordered in zip(
        *(found[name].lists[:, :10] for name in ("retrieval", "tuned-head", "tuned-head-order")), strict=True
    ):
        kept = [item for item in ranked if item in ordered]
        assert kept == [item for item in ordered if item in ranked]
        assert len(set(retrieved) | set(ordered)) <= resources.settings.candidates
    assert len(found["tuned-head-order"].lists) == len(split.test.cases)


def test_an_adapter_that_was_not_taught_to_choose_is_named(real_home: Home, tmp_path: Path) -> None:
    other = opened(tmp_path, real_home)
    tuned(other, name="reads", epochs=1)
    with pytest.raises(NotReady, match="'reads' was not taught to choose among .* --questions 2 --asked yes-no"):
        evaluate(other, PROTOCOL, ["tuned"], SHORT)


def test_letters_may_be_taught_instead(real_home: Home, tmp_path: Path) -> None:
    other = opened(tmp_path, real_home)
    card = tuned(other, name="letters", epochs=2, questions=2, asked="letters", others=5)
    assert card.measured["bf16"].branches.targets == 0  # a list is a peer's way: the product asks of each alone
    results = evaluate(other, PROTOCOL, ["letters", "tuned-letters"], SHORT)
    plain, taught = (results.answers[name].lists for name in ("letters", "tuned-letters"))
    assert not np.array_equal(plain, taught)
    assert results.systems["tuned-letters"]["tokens"].mean == results.systems["letters"]["tokens"].mean
    with pytest.raises(NotReady, match="'letters' was not taught to choose .* --asked yes-no"):
        evaluate(other, PROTOCOL, ["tuned"], SHORT)
    tuned(other, name="reads", epochs=1)
    card = replace(other.adapters.find("letters").card, name="newer", made="2999-01-01T00:00:00+00:00")
    other.adapters.keep(card, lambda target: copied(other.adapters.find("letters").folder, target))
    newest, named = (
        evaluate(other, PROTOCOL, ["tuned-letters", "tuned-head"], replace(SHORT, adapter=name)).answers
        for name in ("", "letters")
    )
    assert np.array_equal(newest["tuned-letters"].lists, named["tuned-letters"].lists)
    assert not np.array_equal(newest["tuned-head"].lists, named["tuned-head"].lists)  # that of the one that reads
    with pytest.raises(NotReady, match="no adapter 'none' was tuned on the events of leave-one-out"):
        evaluate(other, PROTOCOL, ["tuned-head"], replace(SHORT, adapter="none"))


def test_what_they_say_moves_the_list_by_their_weight(resources: Resources) -> None:
    fit(resources, FitOptions(language_targets=0, recipe=Recipe.short))
    first = resources.adapters.find("chooses")
    lists = []
    for weight in (0.0, 1e6):
        branches = LanguageWeight(weight, weight, 0.1, 36)
        weights = {"retrieval": 1.0, "head": 0.0}  # the branches alone
        measured = replace(first.card.measured["bf16"], weights=weights, branches=branches)
        assert measured.helps == (weight > 0)
        card = replace(first.card, name=f"weight-{weight:.0f}", measured={"bf16": measured})
        resources.adapters.keep(card, lambda target: copied(first.folder, target))
        resources.adapters.promote(card.name)
        know = Knowledge(resources)
        answer = Recommender(know).recommend("u01", 10, rationale=False)
        lists.append([item.item_id for item in answer.items])
    assert know.tuned
    together = [lists[1][0], *lists[0]]  # so much weight leaves all chance to the first
    (values,) = know.tuned.chooser.many([(resources.store.timeline("u01"), together)])
    assert lists[0] != lists[1]
    assert values[0] == values.max() > values.min()


def test_what_would_be_learnt_from_is_shown(resources: Resources) -> None:
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    retrieval = Scene(resources, PROTOCOL, recipe=Recipe.short).retrieval
    lesson = Lesson(resources, split, retrieval, replace(OPTIONS, questions=2))
    card = data_card(lesson)
    assert card["histories"] == 36
    assert card["events"] == len(split.validation.events)
    assert 0 < card["targets_of_the_first_epoch"] < card["events"]
    kept = resources.adapters.find("chooses").folder / "data.json"
    assert json.loads(kept.read_text())["tokens_of_the_first_epoch"] == card["tokens_of_the_first_epoch"]
    (text, *_) = examples(lesson, 1)
    titles = {item.title for item in split.test.events.catalogue.values()}
    told = [line.removeprefix("    -> ") for line in text.splitlines() if line.startswith("    -> ")]
    assert told
    assert set(told) <= titles
    assert text.count("    ?") == 2


def test_a_search_goes_on_where_it_was_stopped(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    retrieval = Scene(resources, PROTOCOL, recipe=Recipe.short).retrieval
    lesson = Lesson(resources, split, retrieval, replace(OPTIONS, epochs=1))
    tried: list[float] = []
    settings: list[tuple[float, float]] = []
    real = run_training

    def counted(lesson: Lesson, folder: Path) -> Trained:
        found = real(lesson, folder)
        tried.append(found.best)
        settings.append((lesson.options.rate, lesson.options.head_rate))
        return found

    monkeypatch.setattr(search_module, "run_training", counted)
    first = search_module.search(lesson, 2)
    assert first.epochs == 1
    assert first != lesson.options
    best = search_module.search(lesson, 3)
    assert len(tried) == 3
    assert (best == first) == (max(tried) == max(tried[:2]))
    assert len(set(settings)) == 3


def test_a_search_goes_past_runs_that_fail(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    retrieval = Scene(resources, PROTOCOL, recipe=Recipe.short).retrieval
    lesson = Lesson(resources, split, retrieval, replace(OPTIONS, epochs=1, seed=1))
    real, runs = run_training, 0

    def failing(lesson: Lesson, folder: Path) -> Trained:
        nonlocal runs
        runs += 1
        found = real(lesson, folder)
        if runs == 1:
            raise ForetasteError("the loss became nan")
        return found

    monkeypatch.setattr(search_module, "run_training", failing)
    search_module.search(lesson, 2)
    assert runs == 2
    search_module.search(lesson, 2)  # one of two has come to an end
    assert runs == 3
    (folder,) = (resources.home.runs / "tune").glob(f"search-{lesson.digest[:12]}")
    assert not list(folder.glob("trial*"))


def test_a_run_starts_from_what_another_has_learnt(resources: Resources) -> None:
    reads = tuned(resources, name="reads", refit=0)
    on = tuned(resources, name="reads-on", start="reads", rate=0.0, head_rate=0.0, epochs=1, questions=1)
    found, before = on.measured["bf16"], reads.measured["bf16"]
    assert (found.head, found.fused) == pytest.approx((before.head, before.fused), abs=1e-3)
    with pytest.raises(UsageError, match="'reads' has another shape; .* --method lora --rank 4 --depth 0 --width 16"):
        tuned(resources, name="wider", start="reads", width=32)
    with pytest.raises(UsageError, match="'reads' was tuned on other events"):
        tuned(resources, "everything", name="other", start="reads")


def test_a_run_goes_on_from_what_has_seen_validation_without_a_look(card: Card, resources: Resources) -> None:
    on = tuned(resources, name="chooses-on", start="chooses", epochs=1, questions=1, refit=0)
    assert on.events == len(split_of(resources, PROTOCOL, EvaluateOptions()).test.events)
    assert on.settings["refit"] == 1  # it has seen validation too
    assert on.measured["bf16"] == replace(card.measured["bf16"], branches=NO_WEIGHT)
    found = resources.adapters.find("chooses-on").folder
    assert not any("eval_log_likelihood" in line for line in (found / "log.jsonl").read_text().splitlines())
    one, other = (
        load_file(folder / "adapter.safetensors") for folder in (found, resources.adapters.find("chooses").folder)
    )
    assert any(not torch.equal(one[name], other[name]) for name in one)
    split = split_of(resources, PROTOCOL, EvaluateOptions())
    lesson = Lesson(
        resources, split, Scene(resources, PROTOCOL, recipe=Recipe.short).retrieval, replace(OPTIONS, start="chooses")
    )
    with pytest.raises(UsageError, match="'chooses' has seen validation, by which a search would choose"):
        search_module.search(lesson, 2)


def test_a_run_starts_from_what_was_learnt_elsewhere(resources: Resources, real_home: Home, tmp_path: Path) -> None:
    there = tuned(resources, name="there", refit=0, epochs=12)
    folder = resources.home.adapters / "there"
    with pytest.raises(UsageError, match="'there' in .* the same items .* so it may have seen"):
        tuned(resources, "everything", name="again", start=str(folder))
    more = opened(tmp_path / "more", real_home)
    more.store.add([Item("another", "A film that the others lack")], [], order_only=False)
    with pytest.raises(UsageError, match="'there' .* of them bear the same id"):
        tuned(more, name="again", start=str(folder))
    other = opened(tmp_path / "other", real_home, ids="other-", rendering="title")
    other.store.add([Item("another", "A film that the others lack", categories=("Drama",))], [], order_only=False)
    shutil.copytree(resources.settings.model, other.settings.model, dirs_exist_ok=True)
    taken = tuned(other, name="on", start=str(folder), rate=0.0, head_rate=0.0, epochs=1, refit=0)
    fresh = tuned(other, name="off", rate=0.0, head_rate=0.0, epochs=1, refit=0)
    found, without = taken.measured["bf16"], fresh.measured["bf16"]
    assert found.head == pytest.approx(there.measured["bf16"].head, abs=0.05)  # one item more
    assert found.head > without.head + 0.1
    assert (taken.prompt["rendering"], fresh.prompt["rendering"]) == ("title-year", "title")  # as it was taught


def test_ranks_may_move_to_where_they_are_needed(resources: Resources) -> None:
    card = tuned(resources, name="adalora", method="adalora", epochs=3)
    assert card.shape["method"] == "adalora"
    tensors = load_file(resources.adapters.find("adalora").folder / "adapter.safetensors")
    singular = torch.cat([value.flatten() for name, value in tensors.items() if "lora_E" in name])
    assert int((singular != 0).sum()) == 4 * len(singular) // 6  # of 6 a layer 4 are left, the refit's steps too
    with pytest.raises(ModelError, match="method 'prefix': .* take one of lora, adalora, full"):
        tuned(resources, name="prefix", method="prefix")
