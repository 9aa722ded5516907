"""Which pictures the report has, what each says, and what stands there when there is nothing to draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from eval import pictures
from eval.answers import HEADLINE
from eval.calibration import BINS, calibration_bins
from eval.interactions import Floats
from eval.intervals import Interval
from eval.pictures import Curve
from eval.report_slices import Slice, by_history, by_popularity, cold, headline, over_time, ranked
from eval.report_tables import Cell, Table, cell, number, slice_table
from eval.results import Results

MOST = 8  # systems in one picture of lines
FEW = 30  # cold targets below which the caption warns
FEWEST = 10  # targets of a part that is drawn: a mean of fewer says little, and stands out


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture with its title and caption and the same numbers as a table; `svg` "" where there is nothing to draw."""

    name: str
    title: str
    caption: str
    svg: str = ""
    table: Table | None = None


@dataclass(frozen=True)
class Figures:
    """The pictures of some results, in the order of the report."""

    results: Results

    def __iter__(self) -> Iterator[Picture]:
        yield self._systems()
        yield self._history()
        yield self._popularity()
        yield self._cold()
        yield self._time()
        yield self._calibration()
        yield self._cost()

    @cached_property
    def _styles(self) -> Mapping[str, int]:
        """Each system's style: its rank, in every picture."""
        return {name: number for number, name in enumerate(ranked(self.results))}

    @cached_property
    def _best(self) -> Sequence[str]:
        return list(headline(self.results))[:MOST]

    def _systems(self) -> Picture:
        title, figures = "Systems with intervals", headline(self.results)
        if not figures:
            return Picture("systems", title, f"No system of this run orders items, so there is no {HEADLINE}.")
        caption = f"{HEADLINE} of every system, the best on top, with 95 % intervals over users."
        best = next(iter(figures))
        alt = f"Dot plot of {HEADLINE} for {len(figures)} systems; the best is {best} with {figures[best]}."
        svg = pictures.dots("systems", alt, f"{HEADLINE} (95 % interval)", self._rows(figures))
        return Picture("systems", title, caption, svg, _figure_table(title, figures))

    def _history(self) -> Picture:
        title = "Quality by history length"
        caption = f"{HEADLINE} by the number of events that came before the target."
        return self._parts("history", title, caption, "events before the target", by_history(self.results))

    def _popularity(self) -> Picture:
        title = "Quality by item popularity"
        caption = f"{HEADLINE} by how many events on the target's item could be learnt from; 0 is a cold item."
        return self._parts("popularity", title, caption, "events on the target's item", by_popularity(self.results))

    def _cold(self) -> Picture:
        title, found = "Cold items", cold(self.results)
        if not found:
            return Picture("cold", title, "No target is a cold item: all are among the events that may be fitted on.")
        figures = dict(sorted(found[0].figures.items(), key=lambda one: -one[1].mean))
        count = found[0].targets
        targets = f"the targets ({count:,}) whose items have no event that may be fitted on"
        table = _figure_table(title, figures)
        if not any(found.high for found in figures.values()):
            return Picture("cold", title, f"Every system scores 0 on {targets}.", table=table)
        caption = f"{HEADLINE} on {targets}{': too few to tell systems apart' if count < FEW else ''}."
        alt = f"Dot plot of {HEADLINE} for {len(figures)} systems on {count:,} cold targets."
        svg = pictures.dots("cold", alt, f"{HEADLINE} on cold items (95 % interval)", self._rows(figures))
        return Picture("cold", title, caption, svg, table)

    def _time(self) -> Picture:
        title = "Prequential quality over time"
        unit, parts = over_time(self.results)
        if not parts:
            protocol = self.results.split.protocol
            return Picture("time", title, f"{protocol} has no cut in time here, or all targets share one time.")
        caption = f"{HEADLINE} after the cut, in {len(parts)} parts with equally many targets, each at its mean time."
        return self._parts("time", title, caption, f"{unit} since the cut", parts, named=False)

    def _parts(
        self, name: str, title: str, caption: str, axis: str, slices: Sequence[Slice], named: bool = True
    ) -> Picture:
        """A picture of lines over parts of the targets: named parts at equal steps, or at their own places."""
        if not slices or not self._best:
            return Picture(name, title, f"No system of this run orders items, so there is no {HEADLINE} to break down.")
        drawn = [part for part in slices if part.targets >= FEWEST] or slices
        if named:
            drawn = [replace(part, middle=float(place)) for place, part in enumerate(drawn)]
        curves = [self._curve(system, drawn) for system in self._best]
        ticks = [f"{part.label}\nn={part.targets:,}" for part in drawn] if named else ()
        alt = f"Lines of {HEADLINE} for {len(curves)} systems over {axis}: {drawn[0].label} to {drawn[-1].label}."
        svg = pictures.lines(name, alt, (axis, HEADLINE), curves, ticks)
        table = slice_table(f"{title}: {HEADLINE}", axis, slices, list(headline(self.results)))
        few = f" Parts with fewer than {FEWEST} targets stand in the table alone." if len(drawn) < len(slices) else ""
        return Picture(name, title, caption + few + self._shown(len(headline(self.results))), svg, table)

    def _curve(self, system: str, slices: Sequence[Slice]) -> Curve:
        known = [(part.middle, part.figures[system]) for part in slices if system in part.figures]
        points = np.array([(x, one.mean, one.low, one.high) for x, one in known], float).reshape(-1, 4)
        return Curve(system, self._styles[system], *points.T)

    def _calibration(self) -> Picture:
        title, bins = "Calibration", self._calibration_bins()
        if not bins:
            return Picture("calibration", title, "No system of this run gives probabilities, so none can be checked.")
        shown = list(bins)[:MOST]
        caption = (
            f"Share of listed items that came next against P(next), in {BINS} bins of equal numbers; on the diagonal "
            "the probabilities are true, below it they promise too much." + self._shown(len(bins))
        )
        alt = f"Calibration curves of {len(shown)} systems: share of hits against probability."
        curves = [Curve(name, self._styles[name], bins[name][:, 0], bins[name][:, 1]) for name in shown]
        svg = pictures.calibration("calibration", alt, curves)
        rows = [
            [Cell(name), Cell(f"{n:,.0f}"), Cell(number(p)), Cell(number(hits))]
            for name, table in bins.items()
            for p, hits, n in table.tolist()
        ]
        heads = ("system", "statements", "mean P(next)", "share that came true")
        return Picture("calibration", title, caption, svg, Table(title, heads, rows))

    def _calibration_bins(self) -> dict[str, Floats]:
        targets = np.array([case.target for case in self.results.split.test.cases])
        found = {}
        for name in ranked(self.results):
            answers = self.results.answers[name]
            told = ~np.isnan(answers.list_p)
            if told.any():
                hits = (answers.lists == targets[:, None]).astype(float)
                found[name] = calibration_bins(answers.list_p[told], hits[told])
        return found

    def _cost(self) -> Picture:
        title = "Quality against cost"
        quality = headline(self.results)
        known = {name: self.results.systems[name] for name in quality if "seconds" in self.results.systems[name]}
        rows = [
            (name, self._styles[name], figures["seconds"].mean, quality[name].mean)
            for name, figures in known.items()
            if figures["seconds"].mean > 0
        ]
        if not rows:
            return Picture("cost", title, "No system of this run has both a quality and a time.")
        caption = f"{HEADLINE} against the seconds that an answer took; further left is cheaper, higher is better."
        alt = f"Scatter of {HEADLINE} against seconds an answer for {len(rows)} systems."
        svg = pictures.cost("cost", alt, ("time an answer took (logarithmic)", HEADLINE), rows)
        cells = [[Cell(row[0]), cell(known[row[0]]["seconds"]), cell(quality[row[0]])] for row in rows]
        return Picture("cost", title, caption, svg, Table(title, ("system", "seconds an answer", HEADLINE), cells))

    def _rows(self, figures: Mapping[str, Interval]) -> list[tuple[str, int, Interval]]:
        return [(name, self._styles[name], found) for name, found in figures.items()]

    def _shown(self, systems: int) -> str:
        return f" The {MOST} best of {systems} systems are drawn; the table has all." if systems > MOST else ""


def _figure_table(caption: str, figures: Mapping[str, Interval]) -> Table:
    rows = [[Cell(name), cell(found), Cell(f"{found.n:,}")] for name, found in figures.items()]
    return Table(caption, ("system", HEADLINE, "users"), rows)
