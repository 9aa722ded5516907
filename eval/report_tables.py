"""The report's tables: which figures stand where, what they mean, and how a number is written."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.comparisons import Comparison
from eval.intervals import Interval
from eval.report_slices import Slice, ranked
from eval.results import Results

UP, DOWN, NEITHER = 1, -1, 0
# By the name before "@": which way is better, and what it is.
METRICS: Mapping[str, tuple[int, str]] = {
    "ndcg": (UP, "1 when the target stands first, less by the logarithm of its rank, 0 past the k-th place"),
    "recall": (UP, "share of targets among the first k"),
    "mrr": (UP, "mean of 1 / rank of the target, 0 past the k-th place"),
    "hit": (UP, "share of targets among the retriever's N candidates: no reranking of them can find more"),
    "coverage": (UP, "share of the catalogue that stands in at least one list"),
    "gini": (DOWN, "0 when all items are listed equally often, near 1 when a few take all places"),
    "novelty": (UP, "mean self-information of the listed items, in bits: rare items have more"),
    "ild": (UP, "how unlike the categories of a list's items are, 0 to 1"),
    "popularity_lift": (NEITHER, "how much more popular the list is than the user's own history; 0 is as popular"),
    "logloss": (DOWN, "-log P(target) in nats"),
    "brier": (DOWN, "squared error of P(next) over all items, 0 to 2"),
    "ece": (DOWN, "expected calibration error: how far P(next) is from the share of hits, misses counted"),
    "topic_logloss": (DOWN, "-log P(category of the next item) in nats"),
    "topic_accuracy": (UP, "share of targets that are of the category found most probable"),
    "topic_ece": (
        DOWN,
        "how far the share given to the predicted category is from what came, of several split equally",
    ),
    "topic_precision": (UP, "mean over categories: share of its predictions that are right"),
    "topic_recall": (UP, "mean over categories: share of its targets that were predicted"),
    "topic_f1": (UP, "mean over categories: harmonic mean of precision and recall"),
    "tokens": (DOWN, "tokens that the model reads and writes for an answer"),
    "seconds": (DOWN, "seconds an answer took on the machine that ran this"),
}
GROUPS: Sequence[tuple[str, Sequence[str]]] = (
    ("Quality", ("ndcg", "recall", "mrr", "hit")),
    ("What the lists are like", ("coverage", "gini", "novelty", "ild", "popularity_lift")),
    ("Are the probabilities true?", ("logloss", "brier", "ece")),
    (
        "Which category comes next",
        ("topic_logloss", "topic_accuracy", "topic_ece", "topic_precision", "topic_recall", "topic_f1"),
    ),
    ("Cost", ("tokens", "seconds")),
)
FIRST = ("ndcg@10", "recall@50", "mrr@10")  # before the other depths


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as text, its interval as text ("" for none), and whether it is the best of its column."""

    text: str
    interval: str = ""
    best: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A caption, the column heads, and rows of cells, the first of which names the row."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def number(value: float) -> str:
    """A figure as text: four decimals, fewer for great numbers, two digits for tiny ones; a dash for none."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.2f}"
    if value == 0 or abs(value) >= 0.001:
        return f"{value:.4f}"
    return np.format_float_positional(value, precision=2, fractional=False)


def cell(interval: Interval | None, best: bool = False) -> Cell:
    """An interval as a cell, a dash for none."""
    if interval is None:
        return Cell("–")
    return Cell(number(interval.mean), f"[{number(interval.low)}, {number(interval.high)}]", best)


def system_tables(results: Results) -> list[Table]:
    """Systems × metrics, a table a group of metrics, rows by the headline; a group that nobody has is left out."""
    order = ranked(results)
    present = list(dict.fromkeys(metric for name in order for metric in results.systems[name]))
    placed = {title: _members(present, bases) for title, bases in GROUPS}
    others = [metric for metric in present if metric not in {one for found in placed.values() for one in found}]
    tables = []
    for title, metrics in [*placed.items(), ("Further figures", others)]:
        names = [name for name in order if any(metric in results.systems[name] for metric in metrics)]
        if names:
            tables.append(_system_table(title, metrics, {name: results.systems[name] for name in names}))
    return tables


def glossary(results: Results) -> list[tuple[str, str]]:
    """What each figure of these results is."""
    present = dict.fromkeys(_base(metric) for figures in results.systems.values() for metric in figures)
    return [(base, meaning) for base, (_, meaning) in METRICS.items() if base in present]


def comparison_table(comparisons: Iterable[Comparison]) -> Table:
    """One row a pair, the better system first."""
    heads = ("in", "better", "than", "difference", "p", "p (Holm)", "stands at 5 %", "could have shown")
    caption = "Differences, paired by user; “could have shown” is the smallest true difference found 4 times in 5"
    return Table(caption, heads, [_comparison_row(comparison) for comparison in comparisons])


def slice_table(caption: str, head: str, slices: Sequence[Slice], names: Sequence[str]) -> Table:
    """One row a part of the targets, a column a system."""
    rows = [
        [Cell(part.label), Cell(f"{part.targets:,}"), *(cell(part.figures.get(name)) for name in names)]
        for part in slices
    ]
    return Table(caption, (head, "targets", *names), rows)


def direction(metric: str) -> int:
    """1 where more is better, -1 where less is, 0 where neither is."""
    return METRICS.get(_base(metric), (NEITHER, ""))[0]


def _base(metric: str) -> str:
    return metric.partition("@")[0]


def _members(present: Sequence[str], bases: Sequence[str]) -> list[str]:
    found = [metric for metric in present if _base(metric) in bases]
    return sorted(found, key=lambda metric: (metric not in FIRST, bases.index(_base(metric)), present.index(metric)))


def _system_table(caption: str, metrics: Sequence[str], systems: Mapping[str, Mapping[str, Interval]]) -> Table:
    best = {metric: _best(metric, systems) for metric in metrics}
    rows = []
    for name, figures in systems.items():
        found = [(figures.get(metric), metric) for metric in metrics]
        cells = [cell(one, one is not None and one.mean == best[metric]) for one, metric in found]
        rows.append([Cell(name), *cells])
    arrows = {UP: " ↑", DOWN: " ↓", NEITHER: ""}
    return Table(caption, ("system", *(metric + arrows[direction(metric)] for metric in metrics)), rows)


def _best(metric: str, systems: Mapping[str, Mapping[str, Interval]]) -> float | None:
    means = [figures[metric].mean for figures in systems.values() if metric in figures]
    known = [mean for mean in means if math.isfinite(mean)]
    if len(known) < 2 or direction(metric) == NEITHER:
        return None
    return max(known) if direction(metric) == UP else min(known)


def _comparison_row(found: Comparison) -> list[Cell]:
    names = [Cell(found.metric), Cell(found.better), Cell(found.other), cell(found.difference)]
    stands = Cell("yes" if found.significant else "no")
    return [*names, Cell(_p(found.p)), Cell(_p(found.p_holm)), stands, Cell(number(found.detectable))]


def _p(value: float) -> str:
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"
