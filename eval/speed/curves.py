"""What an answer's cost grows with: `python -m eval.speed.curves --out FILE.svg`, after an import.

Seconds of a warm answer by the number of candidates, of new events, and of events that the history already had.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import numpy as np

from agent.resources import Resources
from agent.scorer import LanguageScorer, Question
from engine.local import LocalEngine
from engine.stems import StemCache
from eval.speed.machine import seconds
from history.timeline import Timeline
from workspace.home import Home
from workspace.models import model_source
from workspace.progress import track
from workspace.settings import Precision

CANDIDATES = (5, 10, 20, 40, 80, 160, 320)
NEW = (1, 2, 4, 8, 16, 32, 64)
PAST = (5, 10, 20, 40, 80, 160, 320)
USUAL, EVENTS, TURNS = 20, 40, 5
Point = tuple[str, int, float]


def main() -> None:
    """Print the points as Markdown and draw them."""
    parser = argparse.ArgumentParser(description="What an answer's cost grows with.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precision", choices=get_args(Precision), default="nf4")
    options = parser.parse_args()
    resources = Resources.at(Home.at())
    points = list(_points(_scorer(resources, options.precision), resources))
    lines = ["| grows | number | seconds, warm |", "|---|---|---|"]
    lines += [f"| {name} | {number} | {took:.3f} |" for name, number, took in points]
    print("\n".join(lines))  # noqa: T201
    draw(points, options.out)


def _points(scorer: LanguageScorer, resources: Resources) -> Iterator[Point]:
    longest = max(resources.store.timelines(), key=len)
    seen = set(longest.item_ids)
    others = [item_id for item_id in scorer.catalogue if item_id not in seen]
    work = [("candidates", count, EVENTS, 0, count) for count in CANDIDATES]
    work += [("new events", new, EVENTS, new, USUAL) for new in NEW if EVENTS + new <= len(longest)]
    work += [("events of the past", past, past, 0, USUAL) for past in PAST if past < len(longest)]
    for name, number, past, new, count in track(work, "curves", len(work)):
        yield name, number, _warm(scorer, longest, past, new, others[:count])


def _scorer(resources: Resources, precision: Precision) -> LanguageScorer:
    settings = resources.settings.model_copy(update={"history_over": 2_000})
    own = Resources(resources.home, settings)
    source = model_source(resources.home, settings.model)
    engine = LocalEngine(source, precision, pack_tokens=8_192, threads=settings.threads)
    vars(own)["engine"] = engine
    return LanguageScorer(engine, own.renderer, resources.store.catalogue(), "yes-no")


def _warm(scorer: LanguageScorer, longest: Timeline, past: int, new: int, item_ids: Sequence[str]) -> float:
    """The median seconds of an answer after `past` known and `new` unknown events."""
    engine = scorer.engine
    took = []
    tree = scorer.tree(longest.before(past + new), [Question(past + new, item_ids)])
    before = scorer.tree(longest.before(past), [Question(past, item_ids[:1])])
    for _ in range(1 + TURNS):
        engine.stems = StemCache(2**30)  # type: ignore[attr-defined]
        engine.score(before)
        for _, stem in engine.stems.stems():  # type: ignore[attr-defined]
            stem.scores.clear()
        took.append(seconds(lambda: engine.score(tree)))
    return statistics.median(took[1:])


def draw(points: Sequence[Point], file: Path) -> None:
    """Three pictures beside each other, seconds from 0 up."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    names = list(dict.fromkeys(name for name, _, _ in points))
    for axes, name in zip(figure.subplots(1, len(names), sharey=True), names, strict=True):
        numbers, took = np.array([(number, second) for one, number, second in points if one == name]).T
        axes.plot(numbers, took, "o-", color="black")
        axes.set(xlabel=name, ylim=(0, None), xlim=(0, None))
        axes.grid(alpha=0.3)
    figure.axes[0].set_ylabel("seconds of a warm answer")
    figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
