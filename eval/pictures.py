"""The report's pictures: numbers in, inline SVG out. The one place that knows matplotlib.

Colours are names of CSS variables (`--s0` … `--s7`, `--grid`, the text's own), so that one picture is legible in light and
dark; a system keeps its colour, marker and dashes in every picture. One input gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape

import numpy as np

from eval.interactions import Floats
from eval.intervals import Interval

try:
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
except ImportError as error:
    raise ImportError("matplotlib is missing; run: pip install 'foretaste[bench]'") from error

WIDTH = 5.4  # inches: 390 units, so that letters stay readable on a telephone
ROW = 0.27  # inches a named row
COLOURS = 8
INK, GRID = "#010100", "#010200"
MARKERS = "osD^vPX*<>h"
DASHES: Sequence[str | tuple[int, tuple[float, ...]]] = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))
LONGEST = 24  # letters of a name
RC = {
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
            axes.plot([found.mean], [place], color=_colour(style), marker=_marker(style), markersize=6.5)
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
            axes.set_xticks(range(len(ticks)), list(ticks))
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
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8)
        for curve in curves:
            _line(axes, curve, 0.0)
        least, ticks = 1e-3, [0, 1e-3, 1e-2, 1e-1, 1]
        for axis in (axes.xaxis, axes.yaxis):
            axis._set_axes_scale("symlog", linthresh=least, linscale=0.4)  # type: ignore[attr-defined]
            axis.set_ticks(ticks, ["0", "0.001", "0.01", "0.1", "1"])
            axis.set_ticks([], minor=True)
        axes.set_xlim(-least / 5, 1)
        axes.set_ylim(-least / 5, 1)
        axes.set_xlabel("mean P(next) of the statements in a bin")
        axes.set_ylabel("share that came true")
        _legend(figure, curves)
    return svg[0]


def cost(name: str, alt: str, labels: tuple[str, str], rows: Sequence[tuple[str, int, float, float]]) -> str:
    """Quality against cost on a logarithmic axis; a row is a system, its style, its cost and its quality."""
    height = max(3.0, 0.8 + ROW * len(rows))
    with _drawn(name, alt, height) as (figure, svg):
        axes = figure.subplots()
        axes.set_xscale("log")
        upper = 1.08 * max(row[3] for row in rows) or 1.0
        axes.set_ylim(0, upper)
        axes.margins(x=0.12)
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
        matplotlib.rcParams.update(RC | {"svg.hashsalt": name})
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
    axes.plot(x, curve.y, color=colour, marker=_marker(curve.style), linestyle=_dashes(curve.style), linewidth=1.4)


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


def _dashes(style: int) -> str | tuple[int, tuple[float, ...]]:
    return DASHES[style % len(DASHES)]


def _plain(name: str) -> str:
    """A name in letters that the font has, short enough for a picture; the tables have it whole."""
    letters = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in name)
    return letters if len(letters) <= LONGEST else f"{letters[: LONGEST - 3]}..."
