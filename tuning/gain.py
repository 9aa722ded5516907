"""What tuning gains, by how much there is to learn from: `python -m tuning.gain --users 32,64,128 [--out FILE.svg]`.

`--set epochs=3 rate=2e-4` gives fields of `TuneOptions` other values than their defaults. For each number of users an
adapter is tuned on these users alone, unless one was, and evaluated beside the retrieval that was fitted on the same
users. Prints the table as Markdown; the targets are those of all users.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from agent.options import Recipe
from agent.resources import Resources
from eval.answers import HEADLINE
from eval.dataset import with_dataset
from eval.evaluate import EvaluateOptions, evaluate, split_of
from eval.intervals import Interval
from eval.lineup import Scene
from eval.thin import FEW, LOGLOSS, Gain
from tuning.lesson import Lesson
from tuning.options import TuneOptions
from tuning.tune import tune
from workspace.home import Home

SYSTEMS = ("retrieval", "tuned-head", "tuned-fused")


ALL, RARE = "all", f"items of fewer than {FEW} events"


@dataclass(frozen=True, slots=True)
class Point:
    """The figures of one number of users; what the sum gains over the retrieval, by part of the targets and metric."""

    users: int
    figures: dict[str, Interval]
    gains: dict[tuple[str, str], Gain]


def main() -> None:
    """Print the table, and draw it where `--out` says."""
    parser = argparse.ArgumentParser(description="What tuning gains, by the number of users.")
    parser.add_argument("--users", default="32,64,128,256", help="numbers with commas between; 0 for all")
    parser.add_argument("--protocol", default="leave-one-out")
    parser.add_argument("--dataset", default="", help="a fetched data set; the home's own events when left out")
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    resources = Resources.at(Home.at())
    if options.dataset:
        resources = with_dataset(resources, options.dataset)
    told = TuneOptions().told(options.set)
    points = [_point(resources, options.protocol, int(users), told) for users in options.users.split(",")]
    print(table(points))  # noqa: T201
    if options.out:
        draw(points, options.out)


def _point(resources: Resources, protocol: str, users: int, options: TuneOptions) -> Point:
    told = EvaluateOptions(train_users=users, seed=options.seed, recipe=Recipe.full, resume=True)
    split = split_of(resources, protocol, told)
    retrieval = Scene(resources, protocol, options.seed, recipe=Recipe.full).retrieval
    name = f"{protocol}-{Lesson(resources, split, retrieval, options).digest[:8]}"
    if name not in resources.adapters.names():
        tune(resources, split, retrieval, name, options)
    results = evaluate(resources, protocol, SYSTEMS, replace(told, adapter=name))
    figures = {name: found[HEADLINE] for name, found in results.systems.items()}
    gains = {(one.part, one.metric): one for one in results.thin if one.system == "tuned-fused"}
    return Point(len(np.unique(split.test.events.users)), figures, gains)


def table(points: Sequence[Point]) -> str:
    """Markdown, a line each."""
    wanted = {"gain": (ALL, HEADLINE), "on rare items": (RARE, HEADLINE), "recall@50": (ALL, "recall@50")}
    titles = ["users", *SYSTEMS, *wanted, "nats"]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    for point in points:
        figures = [f"{point.figures[name].mean:.4f}" for name in SYSTEMS]
        gained = [_told_of(point.gains.get(key)) for key in (*wanted.values(), (ALL, LOGLOSS))]
        lines.append(f"| {' | '.join([str(point.users), *figures, *gained])} |")
    return "\n".join(lines)


def _told_of(gain: Gain | None) -> str:
    return f"{gain.difference} of {gain.base:.4f}" if gain else "no targets"


def draw(points: Sequence[Point], file: Path) -> None:
    """The gain in NDCG@10 with its interval, by the number of users: on all targets and on rare items."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    for part, style, aside in ((ALL, "o-", 0.98), (RARE, "s--", 1.02)):
        drawn = [
            (point.users * aside, gain.difference) for point in points if (gain := point.gains.get((part, HEADLINE)))
        ]
        users, means = [one for one, _ in drawn], [found.mean for _, found in drawn]
        spread = [[found.mean - found.low for _, found in drawn], [found.high - found.mean for _, found in drawn]]
        axes.errorbar(users, means, yerr=spread, fmt=style, color="black", capsize=3, label=part)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set(xscale="log", xlabel="users to learn from", ylabel="gain in NDCG@10 over retrieval")
    axes.set_xticks([point.users for point in points], [str(point.users) for point in points])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
