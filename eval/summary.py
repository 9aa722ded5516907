"""From answers to figures with intervals: one number a metric and system."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eval.answers import TOPIC_P, Answers, Judge, K
from eval.calibration import calibration_error
from eval.interactions import Floats, Ints, Mask
from eval.intervals import Interval, jackknife, resampled_means, user_means
from eval.lists import coverage, gini
from eval.topics import classification_report

# Ranks of missed targets are infinite, and a confidence is no merit; both are kept for other figures, not averaged.
NOT_AVERAGED = ("rank", TOPIC_P)


def summarise(answers: Answers, judge: Judge, seed: int = 0) -> dict[str, Interval]:
    """Each metric over users with its 95 % interval.

    Means are over users of each user's mean, with the bootstrap over users. Coverage, Gini, the calibration error and
    the topics' macro means speak of all answers together and get the jackknife's interval.
    """
    cases = judge.split.test.cases
    users = np.array([case.user for case in cases])
    averaged = {name: values for name, values in answers.metrics.items() if name not in NOT_AVERAGED}
    together = {name: jackknife(users, figure, seed) for name, figure in _figures(answers, judge).items()}
    return mean_intervals(users, averaged, seed) | together


def mean_intervals(users: Ints, metrics: dict[str, Floats], seed: int = 0) -> dict[str, Interval]:
    """The mean over users of each metric; metrics known for the same users share one bootstrap."""
    means = {name: user_means(users, values) for name, values in metrics.items()}
    groups: dict[bytes, list[str]] = {}
    for name, (known, _) in means.items():
        if len(known):
            groups.setdefault(known.tobytes(), []).append(name)
    found = {}
    for names in groups.values():
        values = np.stack([means[name][1] for name in names], axis=1)
        bounds = np.quantile(resampled_means(values, seed), [0.025, 0.975], axis=0)
        for name, mean, low, high in zip(names, values.mean(axis=0), *bounds, strict=True):
            found[name] = Interval(float(mean), float(low), float(high), len(values))
    return {name: found[name] for name in metrics if name in found}


def _figures(answers: Answers, judge: Judge) -> dict[str, Callable[[Mask], float]]:
    """The figures that are no means over users, each a function of which cases to look at."""
    items = len(judge.split.test.events.catalogue)
    targets = np.array([case.target for case in judge.split.test.cases])
    found: dict[str, Callable[[Mask], float]] = {}
    if (answers.lists >= 0).any():
        found[f"coverage@{K}"] = lambda kept: coverage(answers.lists[kept], items)
        found[f"gini@{K}"] = lambda kept: gini(answers.lists[kept], items)
    known = ~np.isnan(answers.list_p)
    if known.any():
        hits = (answers.lists == targets[:, None]).astype(float)

        def ece(kept: Mask) -> float:
            told = known & kept[:, None]
            return calibration_error(answers.list_p[told], hits[told])

        found["ece"] = ece
    if (answers.topics >= 0).any():
        truth = judge.topics.mass[targets]
        for part in ("precision", "recall", "f1"):
            found[f"topic_{part}"] = lambda kept, part=part: getattr(  # type: ignore[misc]
                classification_report(answers.topics[kept], truth[kept]), part
            )
        if TOPIC_P in answers.metrics:  # not among what earlier versions have kept
            held, shares = answers.metrics[TOPIC_P], truth[np.arange(len(truth)), answers.topics]
            named = truth.any(axis=1)
            found["topic_ece"] = lambda kept: calibration_error(held[kept & named], shares[kept & named])
    return found
