"""Forecasts of the next topic: each by what its user did before, and the product's at least as good as the averages."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from agent.resources import Resources
from eval.answers import Judge
from eval.interactions import read_interactions
from eval.peers.trackers import KINDS, Tracker
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.prequential import prequential
from eval.protocols.split import Split
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
