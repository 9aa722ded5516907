"""The report's pictures: numbers in, inline SVG out. The one place that knows matplotlib.

Colours are names of CSS variables (`--s0` … `--s7`, `--grid`, the text's own), so that one picture is legible in light
and dark; a system keeps its colour, marker and dashes in every picture. One input gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from eval.interactions import Floats
from eval.intervals import Interval

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.typing import LineStyleType
except ImportError as error:
    raise ImportError("matplotlib is missing; run: pip install 'foretaste[plots]'") from error

WIDTH = 5.4  # inches: 390 units, so that letters stay readable on a telephone
ROW = 0.27  # inches a named row
COLOURS = 8
INK, GRID = "#010100", "#010200"
MARKERS = "osD^vPX*<>h"
DASHES: Sequence[LineStyleType] = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))
LONGEST = 24  # letters of a name
RC: Mapping[Any, object] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "axes.unicode_minus": False,
    "axes.formatter.use_mathtext": False,
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.markersize": 5.5,
    "legend.frameon": False,
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One system's line: points (x, y) and, where known, their intervals; `style` is its number among all systems."""

    name: str
    style: int
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None


def dots(name: str, alt: str, label: str, rows: Sequence[tuple[str, int, Interval]]) -> str:
    """Systems, the first on top, with their intervals; a row is a system, its style and its figure."""
    with _drawn(name, alt, 0.9 + ROW * len(rows)) as (figure, svg):
        axes = figure.subplots()
        for place, (_, style, found) in enumerate(rows):
            axes.plot([found.low, found.high], [place, place], color=_colour(style), linewidth=1.6)
            axes.plot([found.mean], [place], color=_colour(style), marker=_marker(style), markersize=6.5, clip_on=False)
        axes.set_yticks(range(len(rows)), [_plain(row[0]) for row in rows])
        axes.set_ylim(len(rows) - 0.4, -0.6)
        axes.set_xlim(left=min(0.0, *(row[2].low for row in rows)))
        axes.set_xlabel(label)
        axes.grid(axis="y", visible=False)
    return svg[0]


def lines(name: str, alt: str, labels: tuple[str, str], curves: Sequence[Curve], ticks: Sequence[str] = ()) -> str:
    """Systems over an axis, numeric or, with `ticks`, of named parts 0, 1, …; `labels` name the x and the y axis."""
    with _drawn(name, alt, 3.3 + _legend_height(curves)) as (figure, svg):
        axes = figure.subplots()
        width = float(np.ptp(np.concatenate([curve.x for curve in curves]))) or 1.0
        for number, curve in enumerate(curves):
            # Side by side, so that intervals do not hide each other.
            _line(axes, curve, (number - (len(curves) - 1) / 2) * 0.008 * width)
        if ticks:
            axes.set_xticks(range(len(ticks)), list(ticks), fontsize=10 if len(ticks) <= 6 else 8.5)
            axes.grid(axis="x", visible=False)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        _legend(figure, curves)
    return svg[0]


def calibration(name: str, alt: str, curves: Sequence[Curve]) -> str:
    """Share of hits against probability, both logarithmic but for a linear piece from 0; the diagonal is the truth."""
    with _drawn(name, alt, 4.4 + _legend_height(curves)) as (figure, svg):
        axes = figure.subplots()
        least, ticks = 1e-3, (0, 1e-3, 1e-2, 1e-1, 1)
        most = max(3e-2, *(1.5 * float(max(curve.x.max(), curve.y.max())) for curve in curves))
        axes.plot([0, most], [0, most], color=INK, linewidth=0.8)
        for curve in curves:
            _line(axes, curve, 0.0)
        axes.set_xscale("symlog", linthresh=least, linscale=0.4)
        axes.set_yscale("symlog", linthresh=least, linscale=0.4)
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xlim(-least / 5, most)
        axes.set_ylim(-least / 5, most)
        axes.set_xlabel("mean P(next) of the statements in a bin")
        axes.set_ylabel("share that came true")
        _legend(figure, curves)
    return svg[0]


def cost(name: str, alt: str, labels: tuple[str, str], rows: Sequence[tuple[str, int, float, float]]) -> str:
    """Quality against seconds on a logarithmic axis; a row is a system, its style, its seconds and its quality."""
    height = max(3.0, 0.8 + ROW * len(rows))
    with _drawn(name, alt, height) as (figure, svg):
        axes = figure.subplots()
        axes.set_xscale("log")
        decades = np.log10([row[2] for row in rows])
        ends = np.floor(decades.min() - 0.1), np.ceil(decades.max() + 0.1)
        axes.set_xlim(*(10.0**end for end in ends))
        ticks = [10.0**power for power in np.arange(ends[0], ends[1] + 1, 1 if np.ptp(ends) <= 4 else 2)]
        axes.set_xticks(ticks, [_duration(tick) for tick in ticks])
        axes.set_xticks([], minor=True)
        upper = 1.08 * max(row[3] for row in rows) or 1.0
        axes.set_ylim(0, upper)
        in_order = sorted(rows, key=lambda row: row[3])
        heights = _apart([row[3] / upper for row in in_order], ROW * 0.8 / (height - 0.8))
        for (system, style, x, y), place in zip(in_order, heights, strict=True):
            axes.plot([x], [y], color=_colour(style), marker=_marker(style), markersize=7, linestyle="none")
            # Names stand in a column of their own, where none hides another.
            axes.annotate(
                _plain(system),
                (x, y),
                (1.03, place),
                textcoords="axes fraction",
                va="center",
                arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.4, "relpos": (0, 0.5)},
            )
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
    return svg[0]


@contextmanager
def _drawn(name: str, alt: str, height: float) -> Iterator[tuple[Figure, list[str]]]:
    svg: list[str] = []
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the reader of this machine likes
        matplotlib.rcParams.update({**RC, "svg.hashsalt": name})
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        yield figure, svg
        stream = io.StringIO()
        figure.savefig(stream, format="svg", metadata={"Date": None})
    svg.append(_inline(stream.getvalue(), name, alt))


def _inline(svg: str, name: str, alt: str) -> str:
    """The `<svg>` element alone, with ids of its own, an alternative text, and colours that the page names."""
    found = svg[svg.index("<svg") :]
    found = re.sub(r"<metadata>.*?</metadata>\s*", "", found, flags=re.DOTALL)
    head, body = found.split(">", 1)
    view = re.search(r'viewBox="[^"]*"', head)
    body = re.sub(r' id="', f' id="{name}-', body).replace("url(#", f"url(#{name}-")
    body = body.replace('xlink:href="#', f'href="#{name}-')
    for number in range(COLOURS):
        body = body.replace(_colour(number), f"var(--s{number})")
    body = body.replace(INK, "currentColor").replace(GRID, "var(--grid)")
    return f'<svg role="img" aria-label="{escape(alt)}" {view.group() if view else ""}>{body}'.strip()


def _line(axes: Axes, curve: Curve, shift: float) -> None:
    colour, x = _colour(curve.style), curve.x + shift
    if curve.low is not None and curve.high is not None:
        axes.vlines(x, curve.low, curve.high, color=colour, linewidth=0.9, alpha=0.55)
    marker, dashes = _marker(curve.style), _dashes(curve.style)
    axes.plot(x, curve.y, color=colour, marker=marker, linestyle=dashes, linewidth=1.4, clip_on=False)


def _legend(figure: Figure, curves: Sequence[Curve]) -> None:
    handles = [
        Line2D([], [], color=_colour(curve.style), marker=_marker(curve.style), linestyle=_dashes(curve.style))
        for curve in curves
    ]
    labels = [f" {_plain(curve.name)}" for curve in curves]  # a label that begins with "_" would be left out
    figure.legend(handles, labels, loc="outside lower center", ncols=2, handlelength=3.2, labelspacing=0.3)


def _legend_height(curves: Sequence[Curve]) -> float:
    return 0.2 * ((len(curves) + 1) // 2)


def _apart(places: Sequence[float], least: float) -> list[float]:
    """Places in [0, 1], upwards, moved as little as needed to lie `least` apart."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + least) if found else place)
    ceiling = 1.0
    for number in reversed(range(len(found))):
        found[number] = min(found[number], ceiling)
        ceiling = found[number] - least
    return found


def _colour(style: int) -> str:
    return f"#0103{style % COLOURS:02x}"


def _marker(style: int) -> str:
    return MARKERS[style % len(MARKERS)]


def _dashes(style: int) -> LineStyleType:
    return DASHES[style % len(DASHES)]


def _duration(seconds: float) -> str:
    unit, size = next((one for one in (("s", 1.0), ("ms", 1e-3)) if seconds >= 0.999 * one[1]), ("µs", 1e-6))
    return f"{seconds / size:,.0f} {unit}"


def _plain(name: str) -> str:
    """A name in letters that the font has, short enough for a picture; the tables have it whole."""
    letters = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in name)
    return letters if len(letters) <= LONGEST else f"{letters[: LONGEST - 3]}..."
