"""The rows that ask a language model, with an engine whose rule is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from agent.resources import Resources
from agent.scorer import Question
from eval.evaluate import EvaluateOptions, evaluate
from eval.interactions import read_interactions
from eval.language.listing import position_bias
from eval.language.masking import invented_name, masked
from eval.language.peers import parse_ranking
from eval.lineup import LANGUAGE, SYSTEMS, Scene, build, named
from eval.protocols.leave_one_out import leave_one_out
from history.catalogue import Catalogue
from history.records import Item
from history.timeline import Timeline
from workspace.errors import UsageError
from workspace.settings import Settings

ROWS = ("retrieval", "random-order", "popularity-order", *LANGUAGE)


@pytest.fixture
def small(resources: Resources) -> Resources:
    """The made data with ten candidates."""
    found = Resources(resources.home, Settings(encoder="fake", model="fake", candidates=10))
    vars(found).update(encoder=resources.encoder, engine=resources.engine)
    return found


def test_every_row_reorders_exactly_the_retrievers_candidates(small: Resources) -> None:
    results = evaluate(small, "leave-one-out", ROWS, EvaluateOptions(dataset="made"))
    hits = {name: figures["hit@10"].mean for name, figures in results.systems.items()}
    assert len(set(hits.values())) == 1
    missed = np.isinf(results.answers["retrieval"].metrics["rank"])
    for name in ROWS:
        assert np.array_equal(np.isinf(results.answers[name].metrics["rank"]), missed), name
        lists = [set(row[row >= 0]) for row in results.answers[name].lists]
        assert lists == [set(row[row >= 0]) for row in results.answers["retrieval"].lists], name


def test_a_row_that_asks_says_what_it_cost(small: Resources) -> None:
    results = evaluate(small, "leave-one-out", LANGUAGE, EvaluateOptions())
    for name in LANGUAGE:
        assert results.systems[name]["tokens"].mean > 0
        assert results.systems[name]["seconds"].mean >= 0


def test_fused_scores_are_probabilities_over_the_catalogue(small: Resources) -> None:
    split = leave_one_out(read_interactions(small.store), 0)
    system = build("zero-shot-fused", Scene(small, "leave-one-out"))
    system.fit(split)
    log_p = system.score(split.test.cases).log_p
    assert log_p is not None
    assert np.exp(log_p).sum(axis=1) == pytest.approx(1)


def test_targets_of_one_user_share_a_pass_and_score_as_if_alone(small: Resources) -> None:
    split = leave_one_out(read_interactions(small.store), 0)
    system = build("zero-shot", Scene(small, "prequential"))
    system.fit(split)
    user = [case for case in (*split.validation.cases, *split.test.cases) if case.user == 3]
    trees = small.engine.trees  # type: ignore[attr-defined]
    asked = len(trees)
    together = system.score(user).values
    assert sum(node.parent == 0 for node in trees[asked].nodes) == 2
    alone = np.concatenate([system.score([case]).values for case in user])
    assert together is not None
    assert np.array_equal(np.isfinite(together), np.isfinite(alone))


def test_a_question_hangs_after_its_last_event(small: Resources) -> None:
    scorer = small.scorer(small.store.catalogue())
    timeline = small.store.timeline("u03")
    tree = scorer.tree(timeline, [Question(2, ["i00"]), Question(5, ["i01"])])
    bridges = [node for node in tree.nodes if node.parent == 0]
    assert [node.after for node in bridges] == [3, 6]
    pieces = tree.nodes[0].segment.pieces
    alone = scorer.renderer.stable(timeline.before(5), scorer.catalogue)
    assert pieces[:6] == alone.pieces


def test_a_long_history_asks_within_its_window(small: Resources) -> None:
    scorer = small.scorer(small.store.catalogue())
    timeline = Timeline("v", small.store.timeline("u03").events * 8)
    tree = scorer.tree(timeline, [Question(len(timeline), ["i00"])])
    assert tree.nodes[1].after == len(tree.nodes[0].segment.pieces)


def test_letters_need_no_more_than_26_candidates(resources: Resources) -> None:
    wide = Resources(resources.home, Settings(encoder="fake", model="fake", candidates=30))
    vars(wide).update(encoder=resources.encoder, engine=resources.engine)
    with pytest.raises(UsageError, match="30 candidates, but only 26 letters"):
        evaluate(wide, "leave-one-out", ["letters"])


@pytest.mark.parametrize(
    ("text", "found", "invalid"),
    [
        ("1. Alien\n2. Heat", [0, 1], 0.0),
        (" Heat\nAliens again (1979)\n", [1], 0.5),
        ("Alien\nAlien", [0], 0.5),
        ("I think that you would enjoy these", [], 1.0),
        ("", [], 1.0),
        ("3) heat\n- alien", [1, 0], 0.0),
    ],
)
def test_written_rankings_are_parsed(text: str, found: list[int], invalid: float) -> None:
    assert parse_ranking(text, ["Alien", "Heat"], 2) == (found, invalid)


def test_position_bias_of_answers() -> None:
    same = [np.array([3.0, 2.0, 1.0])] * 5
    assert position_bias(same) == {"kendall_tau": pytest.approx(1.0), "top1_kept": 1.0}
    assert position_bias([np.array([1.0, 2.0]), np.array([2.0, 1.0])])["kendall_tau"] == pytest.approx(-1.0)
    assert math.isfinite(position_bias([np.zeros(3), np.zeros(3)])["kendall_tau"])


def test_masked_titles_are_stable_and_tell_nothing() -> None:
    real = Catalogue(
        [Item("1", "Alien", "In space", ("Horror",), 1979, facets={"director": "Scott"}), Item("2", "Heat")]
    )
    invented = masked(real)
    assert invented["1"].title == invented_name("1") != invented["2"].title
    assert "Alien" not in repr(invented["1"])
    assert "Scott" not in repr(invented["1"])
    assert (invented["1"].year, invented["1"].categories) == (1979, ("Horror",))
    assert len({invented_name(str(number)) for number in range(2_000)}) > 1_950


def test_masking_changes_what_the_model_reads_and_nothing_else(small: Resources) -> None:
    options = EvaluateOptions(mask_titles=True)
    masked_run = evaluate(small, "leave-one-out", ["retrieval", "zero-shot"], options)
    real_run = evaluate(small, "leave-one-out", ["retrieval", "zero-shot"], EvaluateOptions())
    assert masked_run.systems["retrieval"]["ndcg@10"] == real_run.systems["retrieval"]["ndcg@10"]
    text = small.engine.trees[0].nodes[0].segment.text  # type: ignore[attr-defined]
    assert not any(title in text for title in ("Amber", "Bright", "Golden"))


def test_names_and_groups_of_systems() -> None:
    assert named("peers,zero-shot")[-1] == "zero-shot"
    assert named(" markov , markov ") == ["markov"]
    with pytest.raises(UsageError, match=r"unknown system 'marcov'; known: random, popular"):
        named("marcov")
    assert {"tfidf", "letters", "generated", "random-order"} <= set(SYSTEMS)
