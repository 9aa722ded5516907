import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars
import pytest

from agent.options import Recipe
from agent.resources import Resources
from eval import evaluate as runner
from eval.answers import Answers, Judge
from eval.choosing import best
from eval.evaluate import EvaluateOptions, evaluate, split_of
from eval.fitted import about_fit, fit_or_read, run_folder
from eval.interactions import Interactions
from eval.intervals import bootstrap
from eval.lineup import GRIDS, SYSTEMS, Scene, build
from eval.peers.baselines import Popular, Random
from eval.peers.beside import Beside
from eval.peers.ease import Ease
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Case, Split
from eval.protocols.subset20 import subset20
from eval.systems import Scores, System
from history.records import Event
from workspace.artefact import publish
from workspace.errors import DataError, ForetasteError, NotReady, UsageError
from workspace.home import Home

FEW = ("random", "popular", "markov")
SHORT = EvaluateOptions(recipe=Recipe.short)
Plant = Callable[[Callable[[Case, int], np.ndarray]], System]


def judged(system: System, split: Split) -> tuple[Answers, Judge]:
    system.fit(split)
    judge = Judge(split)
    return judge.judge("planted", system), judge


@pytest.mark.parametrize("protocol", [leave_one_out, prequential, subset20])
def test_a_perfect_ranker_scores_one_and_an_inverse_one_zero(
    protocol: Callable[[Interactions], Split], walks: Interactions, plant: Plant
) -> None:
    split = protocol(walks)
    best, _ = judged(plant(lambda case, count: np.arange(count) == case.target), split)
    worst, _ = judged(plant(lambda case, count: np.arange(count) != case.target), split)
    for metric in ("ndcg@10", "mrr@10", "recall@10", "recall@50"):
        assert (best.metrics[metric] == 1).all()
    for metric in ("ndcg@10", "mrr@10", "recall@10"):
        assert (worst.metrics[metric] == 0).all()


def test_a_random_ranker_has_its_analytic_value(walks: Interactions) -> None:
    split = subset20(walks)
    runs = np.stack([judged(Random(seed), split)[0].metrics["ndcg@10"] for seed in range(30)])
    found = bootstrap(runs.ravel())
    sizes = [len(case.candidates) for case in split.test.cases if case.candidates is not None]
    gains = [1 / np.log2(1 + rank) if rank <= 10 else 0.0 for rank in range(1, 21)]
    assert found.low <= np.mean([np.mean(gains[:size]) for size in sizes]) <= found.high


def test_equal_scores_are_popularity(walks: Interactions, plant: Plant) -> None:
    split = leave_one_out(walks)
    equal, _ = judged(plant(lambda case, count: np.zeros(count)), split)
    popular, _ = judged(Popular(), split)
    assert (equal.metrics["ndcg@10"] == popular.metrics["ndcg@10"]).all()
    assert (equal.lists == popular.lists).all()


def test_a_score_that_is_no_number_names_system_and_user(walks: Interactions, plant: Plant) -> None:
    def broken(case: Case, count: int) -> np.ndarray:
        return np.where((np.arange(count) == 3) & (case.user == 7), np.nan, 1.0)

    with pytest.raises(ForetasteError, match=r"'planted' gave nan as score number 3 for user 'u15'"):
        judged(plant(broken), leave_one_out(walks))


@dataclass
class Leaky(Popular):
    """Counts the test's events too."""

    everything: Interactions | None = None

    def fit(self, split: Split) -> None:
        assert self.everything is not None
        self.fitted_on = self.everything


@pytest.mark.parametrize("protocol", [leave_one_out, prequential])
def test_a_leak_is_refused(protocol: Callable[[Interactions], Split], walks: Interactions, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="system 'leaky' was fitted on .*(past the cut|test targets)"):
        fit_or_read(Home.at(tmp_path), "leaky", Leaky(everything=walks), protocol(walks))


def test_a_fit_from_a_later_cut_is_refused(resources: Resources) -> None:
    split = runner.split_of(resources, "prequential", EvaluateOptions())
    system = build("retrieval", Scene(resources, "prequential"))
    fit_or_read(resources.home, "retrieval", system, split)
    (root,) = (run_folder(resources.home, split) / "fitted").iterdir()
    again = build("retrieval", Scene(resources, "prequential"))
    fit_or_read(resources.home, "retrieval", again, split)
    about = about_fit(system, split)
    publish(root, {**about, "cut": split.cut}, system.write)  # type: ignore[attr-defined]
    with pytest.raises(NotReady, match="past the cut of prequential"):
        fit_or_read(resources.home, "retrieval", again, split)
    publish(root, {**about, "fit_hash": "other"}, system.write)  # type: ignore[attr-defined]
    with pytest.raises(NotReady, match="other events"):
        fit_or_read(resources.home, "retrieval", again, split)


def test_a_kept_fit_answers_as_the_fresh_one(resources: Resources) -> None:
    fresh = evaluate(resources, "prequential", ("retrieval",))
    kept = evaluate(resources, "prequential", ("retrieval",))
    for metric in ("ndcg@10", "logloss"):
        assert fresh.systems["retrieval"][metric] == kept.systems["retrieval"][metric]


@pytest.mark.parametrize("protocol", ["leave-one-out", "prequential", "subset20"])
def test_the_contract_is_written(protocol: str, resources: Resources, tmp_path: Path) -> None:
    results = evaluate(resources, protocol, (*FEW, "retrieval"), EvaluateOptions(dataset="made", out=tmp_path / "out"))
    found = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (found["protocol"], found["dataset"]) == (protocol, "made")
    assert found["split_hash"] == results.split.split_hash
    assert set(found["systems"]) == {*FEW, "retrieval"}
    expected = {"ndcg@10", "recall@50", "mrr@10", "coverage@10", "gini@10", "novelty@10", "ild@10", "seconds"}
    probable = {"logloss", "brier", "ece", "topic_logloss", "topic_accuracy"}
    assert expected <= set(found["systems"]["markov"])
    assert not probable & set(found["systems"]["markov"])
    assert expected | probable | {"hit@20"} <= set(found["systems"]["retrieval"])
    for figures in found["systems"].values():
        for figure in figures.values():
            assert figure["low"] - 1e-9 <= figure["mean"] <= figure["high"] + 1e-9
    assert Counter(one["metric"] for one in found["comparisons"]) == {"ndcg@10": 6, "topic_logloss": 3}
    assert bool(found["note"]) == (protocol == "subset20")
    rows = polars.read_parquet(tmp_path / "out" / "per_user.parquet")
    markov = rows.filter(polars.col("system") == "markov")
    assert markov["ndcg@10"].mean() == pytest.approx(found["systems"]["markov"]["ndcg@10"]["mean"])
    assert markov["targets"].sum() == len(results.split.test.cases)


def test_a_stopped_run_goes_on(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> Scores:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("eval.peers.markov.Markov.score", stopped)
        evaluate(resources, "prequential", FEW)
    asked: list[int] = []
    score = Popular.score

    def counted(self: Popular, cases: Sequence[Case]) -> Scores:
        asked.append(len(cases))
        return score(self, cases)

    monkeypatch.setattr(Popular, "score", counted)
    resumed = evaluate(resources, "prequential", FEW, EvaluateOptions(resume=True))
    assert not asked
    fresh = evaluate(resources, "prequential", FEW)
    assert asked
    for name in FEW:
        assert resumed.systems[name]["ndcg@10"] == fresh.systems[name]["ndcg@10"]


def test_another_split_or_setting_is_not_resumed(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    evaluate(resources, "prequential", ("popular",))
    few = evaluate(resources, "prequential", ("popular",), EvaluateOptions(resume=True, sample=3))
    assert len(few.answers["popular"].lists) == 3
    first = evaluate(resources, "prequential", ("random",), EvaluateOptions(resume=True))
    other = evaluate(resources, "prequential", ("random",), EvaluateOptions(resume=True, seed=1))
    assert not (first.answers["random"].lists == other.answers["random"].lists).all()


def test_unknown_names_list_the_known(resources: Resources) -> None:
    with pytest.raises(UsageError, match="unknown system 'eas'; known: random, popular"):
        evaluate(resources, "prequential", ("eas",))
    with pytest.raises(UsageError, match="unknown protocol 'hold-out'; known: leave-one-out, prequential, subset20"):
        evaluate(resources, "hold-out", FEW)


def test_nothing_to_predict_is_said(tmp_path: Path) -> None:
    empty = Resources.at(Home.at(tmp_path))
    with pytest.raises(DataError, match="finds no target among 0 events"):
        evaluate(empty, "leave-one-out", FEW)


def test_users_without_targets_and_unknown_items_are_no_error(resources: Resources) -> None:
    before = evaluate(resources, "leave-one-out", ("popular",))
    resources.store.add(events=[Event("new", "i01", 5.0), Event("u00", "nowhere", 9e9)])
    after = evaluate(resources, "leave-one-out", ("popular",))
    assert len(after.split.test.cases) == len(before.split.test.cases)
    assert json.loads(after.to_json())["left_out"] == {"not in the catalogue: item 'nowhere'": 1}


def test_thin_data_and_cores_run(resources: Resources) -> None:
    thin = evaluate(resources, "leave-one-out", FEW, EvaluateOptions(train_users=4))
    assert len(np.unique(thin.split.test.events.users)) == 4
    core = evaluate(resources, "leave-one-out", (*FEW, "retrieval"), EvaluateOptions(k_core=2))
    assert core.split.test.events.counts.min() >= 1


def test_settings_are_chosen_on_validation(resources: Resources) -> None:
    results = evaluate(resources, "leave-one-out", ("markov", "ease"), EvaluateOptions(choose=True))
    assert results.settings["ease"] in {repr(make()) for make in GRIDS["ease"]}
    split = results.split
    rivals = [Ease(0.1), Ease(1e9)]
    assert best(rivals, split) in rivals
    assert (rivals[0].fitted_on.keys == split.validation.events.keys).all()


def test_answers_survive_the_disk(walks: Interactions, tmp_path: Path) -> None:
    answers, _ = judged(Popular(), leave_one_out(walks))
    answers.save(tmp_path / "deep" / "popular.npz")
    found = Answers.load(tmp_path / "deep" / "popular.npz")
    assert found.metrics.keys() == answers.metrics.keys()
    assert (found.lists == answers.lists).all()
    assert (found.list_p == answers.list_p).all()


def test_the_names_are_the_ones_programs_read() -> None:
    names = "random popular markov-last markov item-knn item-knn-recency ease ease-recency ials tfidf minilm sasrec"
    assert {*names.split(), "encoder-classifier", "retrieval"} <= set(SYSTEMS)


def test_items_that_come_after_the_fit_are_found_by_their_text(resources: Resources) -> None:
    results = evaluate(resources, "cold-items", ("popular", "retrieval", "retrieval-without-tower"), SHORT)
    assert results.systems["retrieval"]["recall@50"].mean == 1.0
    assert results.systems["retrieval"]["ndcg@10"].mean > results.systems["popular"]["ndcg@10"].mean


def test_a_second_model_that_knows_more_is_given_its_weight(resources: Resources) -> None:
    class Knows(Popular):
        def score(self, cases: Sequence[Case]) -> Scores:
            log_p = super().score(cases).log_p
            assert log_p is not None
            log_p[np.arange(len(cases)), [case.target for case in cases]] += 8.0
            return Scores(log_p, log_p)

    split = split_of(resources, "leave-one-out", SHORT)
    beside = Beside(Scene(resources, "leave-one-out", recipe=Recipe.short).retrieval, Knows)
    beside.fit(split)
    judge = Judge(split)
    both, alone = judge.judge("both", beside), judge.judge("alone", beside.retrieval)
    assert beside.weights["head"] > 0.1
    assert both.metrics["logloss"].mean() < 0.5 * alone.metrics["logloss"].mean()


def test_a_part_alone_is_no_better_than_the_whole_on_what_it_was_fitted_on(resources: Resources) -> None:
    parts = ("retrieval", "retrieval-only-popularity", "retrieval-without-markov")
    results = evaluate(resources, "leave-one-out", parts, SHORT)
    lists = [results.answers[name].lists for name in parts]
    assert not np.array_equal(lists[0], lists[1])
    assert results.systems["retrieval"]["logloss"].mean < results.systems["retrieval-only-popularity"]["logloss"].mean
