"""What is gained where data are thin: on the right targets, by the right sum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from eval.answers import Answers, Judge
from eval.interactions import Interactions
from eval.protocols.leave_one_out import leave_one_out
from eval.protocols.split import Case, Split
from eval.thin import gains, parts

Plant = Callable[[Callable[[Case, int], np.ndarray]], Any]


def answered(split: Split, plant: Plant, right: np.ndarray) -> Answers:
    """A system that has the targets right that `right` names by their place, and all others wrong."""
    places = {(case.user, case.target): bool(hit) for case, hit in zip(split.test.cases, right, strict=True)}
    rule = lambda case, count: (np.arange(count) == case.target) == places[case.user, case.target]  # noqa: E731
    system = plant(rule)
    system.fit(split)
    return Judge(split).judge("planted", system)


def test_each_part_has_its_targets_and_their_gain(walks: Interactions, plant: Plant) -> None:
    split = leave_one_out(walks)
    cases, counts = split.test.cases, split.test.events.counts
    rare = np.array([counts[case.target] < 5 for case in cases])
    found = parts(split)
    assert found["all"].all() and len(found["all"]) == len(cases)
    assert np.array_equal(found.get("items of fewer than 5 events", np.zeros(len(cases), bool)), rare)
    nothing = answered(split, plant, np.zeros(len(cases), bool))
    for label, kept in found.items():
        found_here = gains(split, {"retrieval": nothing, "x": answered(split, plant, kept)})
        assert {gain.metric for gain in found_here} == {"ndcg@10", "recall@50"}
        told = {gain.part: gain for gain in found_here if gain.metric == "ndcg@10"}
        assert told[label].targets == kept.sum()
        assert told[label].difference.mean > 0.9
        assert np.isclose(told["all"].difference.mean, told[label].difference.mean * kept.mean(), atol=0.11)


def test_less_of_the_logarithmic_loss_is_a_gain(walks: Interactions, plant: Plant) -> None:
    split = leave_one_out(walks)
    some = answered(split, plant, np.ones(len(split.test.cases), bool))
    losses = [replace(some, metrics={"logloss": np.full(len(split.test.cases), loss)}) for loss in (3.0, 2.5)]
    (found, *_) = gains(split, {"retrieval": losses[0], "x": losses[1]})
    assert (found.metric, found.base, found.difference.mean) == ("logloss", 3.0, 0.5)


def test_without_the_retrieval_there_is_nothing_to_gain_over(walks: Interactions, plant: Plant) -> None:
    split = leave_one_out(walks)
    assert gains(split, {"x": answered(split, plant, np.ones(len(split.test.cases), bool))}) == []
