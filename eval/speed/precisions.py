"""How far the ways to compute one score differ: `python -m eval.speed.precisions [--users 40] [--seed 0]`.

For each user of the home (after `foretaste fit` or `foretaste import`) 20 drawn items are scored after up to 30 events,
by the log-odds: packed and cold; warm, over a stem that grew event by event; with a shuffled list of twice as many;
under the library's own attention with a dense mask; and one prompt a candidate through the library, no mask of ours.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

from agent.resources import Resources
from agent.scorer import LanguageScorer, Question
from engine.attention import NAME
from engine.local import LocalEngine
from engine.stems import StemCache
from history.timeline import Timeline
from workspace.home import Home
from workspace.models import model_source
from workspace.progress import track
from workspace.settings import Precision

EVENTS, CANDIDATES = 30, 20
PLAIN = "one prompt a candidate"
Values = NDArray[np.float64]


@dataclass
class Differences:
    """Of two ways, over users: the values' differences, rank correlations, and how often the lists are the same."""

    deviations: list[Values] = field(default_factory=list)
    taus: list[float] = field(default_factory=list)
    same: list[bool] = field(default_factory=list)

    def add(self, one: Values, other: Values) -> None:
        """One user's values by both ways."""
        self.deviations.append(one - other)
        self.taus.append(float(kendalltau(one, other).statistic))
        self.same.append(bool((np.argsort(-one, kind="stable") == np.argsort(-other, kind="stable")).all()))

    def cells(self) -> str:
        """As the cells of a table."""
        every = np.concatenate(self.deviations)
        greatest, usual = np.abs(every).max(), np.sqrt((every**2).mean())
        return f"{greatest:.2g} | {usual:.2g} | {np.mean(self.taus):.4f} | {np.mean(self.same):.0%}"


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="How far the ways to compute one score differ.")
    parser.add_argument("--users", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    resources = Resources.at(Home.at())
    lines = [
        "| precision | the way | against | greatest | root mean square | Kendall's tau | same list |",
        "|---" * 7 + "|",
    ]
    exact: list[Values] = []
    for precision in ("fp32", *(name for name in get_args(Precision) if name not in ("fp32", "int8"))):
        found = list(_users(resources, precision, options.users, options.seed))
        exact = exact or [ways[PLAIN] for ways in found]
        lines += _rows(precision, found, exact)
    print("\n".join(lines))  # noqa: T201


def _rows(precision: str, found: Sequence[Mapping[str, Values]], exact: Sequence[Values]) -> Iterator[str]:
    for way, against in (
        ("warm", "packed"),
        ("in a longer, shuffled list", "packed"),
        ("packed", "dense mask"),
        ("packed", PLAIN),
    ):
        differences = Differences()
        for ways in found:
            differences.add(ways[way], ways[against])
        yield f"| {precision} | {way} | {against} | {differences.cells()} |"
    differences = Differences()
    for ways, plain in zip(found, exact, strict=True):
        differences.add(ways["packed"], plain)
    yield f"| {precision} | packed | {PLAIN}, fp32 | {differences.cells()} |"


def _users(resources: Resources, precision: Precision, count: int, seed: int) -> Iterator[dict[str, Values]]:
    """For each user the values by each way."""
    generator = np.random.default_rng(seed)
    engine = LocalEngine(model_source(resources.home, resources.settings.model), precision)
    vars(resources).pop("renderer", None)
    vars(resources)["engine"] = engine
    catalogue = resources.store.catalogue()
    scorer = LanguageScorer(engine, resources.renderer, catalogue, "yes-no")
    users = generator.choice(resources.store.user_ids(), count, replace=False)
    for user in track(users.tolist(), precision, count):
        timeline = resources.store.timeline(user)
        timeline = timeline.before(min(EVENTS, len(timeline) - 1))
        drawn = generator.choice(len(catalogue), 2 * CANDIDATES, replace=False)
        yield _ways(engine, scorer, timeline, [list(catalogue)[place] for place in drawn], generator)


def _ways(
    engine: LocalEngine,
    scorer: LanguageScorer,
    timeline: Timeline,
    more: Sequence[str],
    generator: np.random.Generator,
) -> dict[str, Values]:
    item_ids = more[:CANDIDATES]
    order = generator.permutation(len(more))
    longer = scorer.raw(timeline, [more[place] for place in order])
    packed = _cold(engine, lambda: scorer.raw(timeline, item_ids))
    return {
        "packed": packed,
        "warm": _cold(engine, lambda: _grown(scorer, timeline, item_ids)),
        "in a longer, shuffled list": longer[np.argsort(order)][:CANDIDATES],
        "dense mask": _in_the_library(engine, lambda: scorer.raw(timeline, item_ids)),
        PLAIN: _in_the_library(engine, lambda: _one_by_one(scorer, timeline, item_ids)),
    }


def _grown(scorer: LanguageScorer, timeline: Timeline, item_ids: Sequence[str]) -> Values:
    for place in range(max(1, len(timeline) - 5), len(timeline)):
        scorer.raw(timeline.before(place), item_ids[:3])
    return scorer.raw(timeline, item_ids)


def _one_by_one(scorer: LanguageScorer, timeline: Timeline, item_ids: Sequence[str]) -> Values:
    engine = scorer.engine
    found = []
    for item_id in item_ids:
        engine.stems = StemCache(0)  # type: ignore[attr-defined]
        found.append(engine.score(scorer.tree(timeline, [Question(len(timeline), [item_id])])).values[0])
    return np.array(found)


def _cold(engine: LocalEngine, work: Callable[[], Values]) -> Values:
    engine.stems = StemCache(2**29)
    return work()


def _in_the_library(engine: LocalEngine, work: Callable[[], Values]) -> Values:
    engine.stems = StemCache(0)
    engine.model.set_attn_implementation("sdpa")
    try:
        return work()
    finally:
        engine.model.set_attn_implementation(NAME)


if __name__ == "__main__":
    main()
