"""The headline figure on parts of the targets: by history, by popularity, cold items, over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from eval.answers import HEADLINE
from eval.interactions import Floats, Mask
from eval.intervals import Interval
from eval.results import Results
from eval.summary import mean_intervals

HISTORY_EDGES = (1, 5, 10, 20, 50, 100, 200, 500)
POPULARITY_EDGES = (0, 1, 10, 50, 100, 200, 500, 1_000)
PERIODS = 8
UNITS = (("days", 86_400.0), ("hours", 3_600.0), ("minutes", 60.0), ("seconds", 1.0))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the targets: how many, where they lie on a numeric axis (`middle`), and each system's figure on them."""

    label: str
    targets: int
    middle: float
    figures: Mapping[str, Interval]


def ranked(results: Results) -> list[str]:
    """The systems by the headline figure, best first; those without it come last, in the order given."""
    known = [name for name in results.systems if HEADLINE in results.systems[name]]
    return sorted(known, key=lambda name: -results.systems[name][HEADLINE].mean) + [
        name for name in results.systems if name not in known
    ]


def headline(results: Results) -> dict[str, Interval]:
    """Each system's headline figure over all targets, best first."""
    found = results.systems
    return {name: found[name][HEADLINE] for name in ranked(results) if HEADLINE in found[name]}


def by_history(results: Results) -> list[Slice]:
    """By the number of events before the target; empty parts are left out."""
    lengths = np.array([len(case.history) for case in results.split.test.cases], float)
    return _sliced(results, _edged(lengths, HISTORY_EDGES))


def by_popularity(results: Results) -> list[Slice]:
    """By how many events that could be fitted on the target's item has; empty parts are left out."""
    return _sliced(results, _edged(_popularity(results), POPULARITY_EDGES))


def cold(results: Results) -> list[Slice]:
    """The targets whose items have no event that could be fitted on: one part, or none."""
    return _sliced(results, [("0", _popularity(results) == 0)])


def over_time(results: Results) -> tuple[str, list[Slice]]:
    """Eight parts with equally many targets from the cut on, `middle` their mean time since; and its unit.

    No parts where the protocol has no cut, or all targets share one time.
    """
    cut = results.split.cut
    times = np.array([case.time for case in results.split.test.cases], float)
    if cut is None or not len(times) or times.min() == times.max():
        return "", []
    unit, seconds = next((unit for unit in UNITS if times.max() - cut >= 3 * unit[1]), UNITS[-1])
    since = (times - cut) / seconds
    # Cut between different times only, so that what happened together stays together.
    edges = np.unique(np.quantile(since, np.linspace(0, 1, PERIODS + 1)))
    period = np.clip(np.searchsorted(edges, since, side="right") - 1, 0, len(edges) - 2)
    parts = ((f"{edges[n]:.1f}–{edges[n + 1]:.1f}", period == n) for n in range(len(edges) - 1))
    return unit, _sliced(results, parts, since)


def _popularity(results: Results) -> Floats:
    targets = [case.target for case in results.split.test.cases]
    return results.split.test.events.counts[targets]


def _edged(values: Floats, edges: Sequence[int]) -> Iterable[tuple[str, Mask]]:
    for low, high in zip(edges, edges[1:], strict=False):
        yield f"{low}–{high - 1}" if high - 1 > low else str(low), (values >= low) & (values < high)
    yield f"{edges[-1]}+", values >= edges[-1]


def _sliced(results: Results, parts: Iterable[tuple[str, Mask]], places: Floats | None = None) -> list[Slice]:
    users = np.array([case.user for case in results.split.test.cases])
    values = {name: results.answers[name].metrics[HEADLINE] for name in headline(results) if name in results.answers}
    found = []
    for label, kept in parts:
        if values and kept.any():
            figures = mean_intervals(users[kept], {name: one[kept] for name, one in values.items()}, results.seed)
            middle = float(places[kept].mean()) if places is not None else 0.0
            found.append(Slice(label, int(kept.sum()), middle, figures))
    return found
