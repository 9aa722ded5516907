"""Forecasts of the next topic: each by what its user did before, and the product's at least as good as the averages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from agent.resources import Resources
from engine.protocol import Scores, Tree
from eval.answers import Judge
from eval.interactions import read_interactions
from eval.language.topics import AskedTopics
from eval.peers.product import Retrieval
from eval.peers.trackers import KINDS, ProductInterests, Tracker
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Split
from tests.conftest import FakeEngine
from workspace.errors import DataError


@pytest.fixture
def split(resources: Resources) -> Split:
    return leave_one_out(read_interactions(resources.store))


@pytest.mark.parametrize("kind", KINDS)
def test_every_tracker_sees_that_made_users_stay_within_one_category(
    resources: Resources, split: Split, kind: str
) -> None:
    tracker = Tracker(resources, kind)
    tracker.fit(split)
    answers = Judge(split).judge(f"topics-{kind}", tracker)
    assert answers.metrics["topic_accuracy"].mean() > 0.8
    assert "ndcg@10" not in answers.metrics
    assert tracker.forecast(split.test.cases).sum(axis=1) == pytest.approx(1.0, abs=1e-5)


def test_a_forecast_knows_nothing_of_its_target_and_what_comes_after(resources: Resources) -> None:
    split = prequential(read_interactions(resources.store))
    tracker = Tracker(resources, "decayed")
    tracker.fit(split)
    together = tracker.forecast(split.test.cases)
    alone = np.concatenate([tracker.forecast([case]) for case in split.test.cases])
    assert together == pytest.approx(alone, abs=1e-6)


def test_without_validation_there_is_nothing_to_choose_by(resources: Resources, split: Split) -> None:
    bare = replace(split, validation=replace(split.validation, cases=()))
    with pytest.raises(DataError, match="validation targets"):
        Tracker(resources, "state").fit(bare)


class Lines:
    """Says of a topic what the last event's item has: a model that reads well."""

    def __init__(self, engine: FakeEngine, resources: Resources) -> None:
        self.engine, self.tokens = engine, engine.tokens
        self.kinds = {item.title: item.categories[0] for item in resources.store.catalogue().values()}

    def score(self, tree: Tree) -> Scores:
        found = self.engine.score(tree)
        if not tree.nodes or len(tree.nodes[0].segment.pieces) < 2:
            return replace(found, values=0 * found.values)
        last = tree.nodes[0].segment.pieces[-1].text
        kind = next(kind for title, kind in self.kinds.items() if title in last)
        said = [float(tree.nodes[place].segment.text.strip() == kind) for place in tree.leaves()]
        return replace(found, values=np.array(said))

    def score_all(self, trees: Sequence[Tree]) -> list[Scores]:
        return [self.score(tree) for tree in trees]


def test_what_the_model_says_of_topics_counts_as_far_as_it_was_right(
    resources: Resources, split: Split, engine: FakeEngine
) -> None:
    vars(resources)["engine"] = Lines(engine, resources)
    asked = AskedTopics(resources, "fake", targets=20)
    asked.fit(split)
    assert asked.weights[1] > 3  # made users stay within one category
    answers = Judge(split).judge("topics-asked", asked)
    assert answers.metrics["topic_accuracy"].mean() == 1.0
    assert len(engine.trees) == 2 * (20 + len(split.test.cases))  # each beside the topics without a history
    asked.forecast(split.test.cases)
    assert len(engine.trees) == 2 * (20 + len(split.test.cases))  # what was asked is known


def test_another_forecast_beside_the_products_has_the_weight_that_it_earns(
    resources: Resources, split: Split, engine: FakeEngine
) -> None:
    retrieval = Retrieval(resources, "fake", 10, "short")
    idle = ProductInterests(retrieval, AskedTopics(resources, "fake", targets=8))
    idle.fit(split)
    assert idle.weights.sum() == pytest.approx(1.0)
    assert idle.weights[2] < 0.1
    answers = Judge(split).judge("interests-and-asked", idle)
    assert set(answers.metrics["beside_weight"]) == {idle.weights[2]}
