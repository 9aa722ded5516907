"""What tuning gains, by how much there is to learn from: `python -m tuning.gain --users 32,64,128 [--out FILE.svg]`.

`--set epochs=3 rate=2e-4` gives fields of `TuneOptions` other values than their defaults. For each number of users an
adapter is tuned on these users alone, unless one was, and evaluated beside the retrieval that was fitted on the same
users. Prints the table as Markdown; the targets are those of all users.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import TypeAdapter, ValidationError

from agent.options import Recipe
from agent.resources import Resources
from eval.answers import HEADLINE
from eval.dataset import with_dataset
from eval.evaluate import EvaluateOptions, evaluate, split_of
from eval.intervals import Interval
from eval.lineup import Scene
from tuning.lesson import Lesson
from tuning.options import TuneOptions
from tuning.tune import tune
from workspace.errors import UsageError
from workspace.home import Home

SYSTEMS = ("retrieval", "tuned-head", "tuned-fused")


@dataclass(frozen=True, slots=True)
class Gain:
    """The figures of one number of users, and the paired difference of the sum to the retrieval."""

    users: int
    figures: dict[str, Interval]
    difference: Interval
    nats: float


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
    told = _told(options.set)
    gains = [_gain(resources, options.protocol, int(users), told) for users in options.users.split(",")]
    print(table(gains))  # noqa: T201
    if options.out:
        draw(gains, options.out)


def _told(pairs: Sequence[str]) -> TuneOptions:
    """The defaults, but for fields given as NAME=VALUE.

    Raises:
        UsageError: there is no such field, or its value is of another type.
    """
    found = TuneOptions()
    for name, _, value in (pair.partition("=") for pair in pairs):
        if name not in asdict(found):
            raise UsageError(f"{name!r} is no setting of tuning; known: {', '.join(asdict(found))}")
        try:
            found = replace(found, **{name: TypeAdapter(type(getattr(found, name))).validate_python(value)})
        except ValidationError as error:
            raise UsageError(f"{name} = {value!r}: {error.errors()[0]['msg']}") from error
    return found


def _gain(resources: Resources, protocol: str, users: int, options: TuneOptions) -> Gain:
    told = EvaluateOptions(train_users=users, seed=options.seed, recipe=Recipe.full, resume=True)
    split = split_of(resources, protocol, told)
    retrieval = Scene(resources, protocol, options.seed, recipe=Recipe.full).retrieval
    name = f"{protocol}-{Lesson(resources, split, retrieval, options).digest[:8]}"
    if name not in resources.adapters.names():
        tune(resources, split, retrieval, name, options)
    results = evaluate(resources, protocol, SYSTEMS, told)
    told_of = ("all", "tuned-fused", HEADLINE)
    difference = next(one.difference for one in results.thin if (one.part, one.system, one.metric) == told_of)
    figures = {name: found[HEADLINE] for name, found in results.systems.items()}
    nats = results.systems["retrieval"]["logloss"].mean - results.systems["tuned-fused"]["logloss"].mean
    return Gain(len(np.unique(split.test.events.users)), figures, difference, nats)


def table(gains: Sequence[Gain]) -> str:
    """Markdown, a line each."""
    lines = [f"| users | {' | '.join(SYSTEMS)} | gain | in nats |", "|---|---|---|---|---|---|"]
    for gain in gains:
        figures = " | ".join(f"{gain.figures[name].mean:.4f}" for name in SYSTEMS)
        share = gain.difference.mean / gain.figures["retrieval"].mean
        lines.append(f"| {gain.users} | {figures} | {gain.difference} ({share:+.1%}) | {gain.nats:+.4f} |")
    return "\n".join(lines)


def draw(gains: Sequence[Gain], file: Path) -> None:
    """The gain in NDCG@10 with its interval, by the number of users."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 3.2), layout="constrained")
    axes = figure.subplots()
    users = [gain.users for gain in gains]
    base = [gain.figures["retrieval"].mean for gain in gains]
    means = [100 * gain.difference.mean / one for gain, one in zip(gains, base, strict=True)]
    low = [100 * (gain.difference.mean - gain.difference.low) / one for gain, one in zip(gains, base, strict=True)]
    high = [100 * (gain.difference.high - gain.difference.mean) / one for gain, one in zip(gains, base, strict=True)]
    axes.errorbar(users, means, yerr=[low, high], fmt="o-", color="black", capsize=3)
    axes.axhline(0, color="grey", linewidth=0.8)
    axes.set(xscale="log", xlabel="users to learn from", ylabel="gain in NDCG@10 over retrieval, %")
    axes.set_xticks(users, [str(one) for one in users])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
