"""The picture of a user's interests: a row a topic, its share over the events, shifts, and the forecast at the edge.

Rows that bear their names are legible with twenty topics and in black and white, where stacked colours are not.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = "matplotlib is missing; run: pip install 'foretaste[plots]'"
WIDTH, ROW, EDGE = 9.0, 0.34, 1.3  # inches
TICKS, MOST = 6, 1_000
THIN = 150  # events, from which on their marks grow thinner, to be told apart
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ font-family: sans-serif; max-width: 60rem; margin: 1rem auto; background: white; color: black; }}
svg {{ width: 100%; height: auto; }}
</style></head><body>
{picture}
{shifts}
</body></html>
"""
# Fonts that have more alphabets, where they are installed; a page is shown in the reader's own fonts anyway.
ALPHABETS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "WenQuanYi Zen Hei", "Noto Sans Arabic")
MARK = "event-"  # the ids of the events' marks, by which the page knows what to say of them


@dataclass(frozen=True)
class Stream:
    """What is drawn.

    `shares`, float64 [events, topics], are those after each event, `forecast`, float64 [topics], P(topic) of the next;
    `names` are the topics'; `events` say what each event was, `moments` when; `shifts` are places of events, with what
    is said of them.
    """

    title: str
    shares: NDArray[np.float64]
    forecast: NDArray[np.float64]
    names: Sequence[str]
    events: Sequence[str]
    moments: Sequence[str]
    shifts: Sequence[tuple[int, str]]


def draw(stream: Stream, file: Path) -> None:
    """Write the picture to `file`, a .png or a .html that says what each event was when it is pointed at.

    Raises:
        ImportError: matplotlib is not installed.
        ValueError: the name ends otherwise.
    """
    stream = _latest(stream)
    with _style():
        if file.suffix == ".png":
            _figure(stream).savefig(file, format="png", dpi=150)
        elif file.suffix == ".html":
            file.write_text(_page(stream), encoding="utf-8")
        else:
            raise ValueError(file.suffix)


@contextmanager
def _style() -> Iterator[None]:
    """Text stays text, in all fonts that are there; one input gives the same bytes."""
    try:
        import matplotlib
        from matplotlib.font_manager import fontManager
    except ImportError as error:
        raise ImportError(MISSING) from error

    there = {font.name for font in fontManager.ttflist}
    families = ["DejaVu Sans", *(name for name in ALPHABETS if name in there)]
    told: Any = {"svg.fonttype": "none", "text.parse_math": False, "svg.hashsalt": "interests", "font.family": families}
    with matplotlib.rc_context(told), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _latest(stream: Stream) -> Stream:
    """The last `MOST` events: more would not be told apart."""
    left_out = len(stream.events) - MOST
    if left_out <= 0:
        return stream
    return replace(
        stream,
        title=f"{stream.title}: the last {MOST:,}",
        shares=stream.shares[left_out:],
        events=stream.events[left_out:],
        moments=stream.moments[left_out:],
        shifts=[(place - left_out, told) for place, told in stream.shifts if place >= left_out],
    )


def _figure(stream: Stream) -> Any:
    from matplotlib.figure import Figure

    order = np.argsort(-stream.shares.mean(axis=0) if len(stream.shares) else -stream.forecast, kind="stable")
    figure = Figure(figsize=(WIDTH, ROW * len(order) + EDGE), layout="constrained")
    axes = figure.subplots()
    for row, topic in enumerate(order):
        _row(axes, stream, -row, int(topic))
    _shifts(axes, stream, len(order))
    _events(axes, stream, len(order))
    _ticks(axes, stream, order)
    axes.set_title(stream.title, loc="left", fontsize=11)
    return figure


def _row(axes: Any, stream: Stream, base: int, topic: int) -> None:
    """One topic: its share as the height above its line, the forecast as a hatched bar behind the last event."""
    top = max(float(stream.shares.max(initial=0.0)), float(stream.forecast.max(initial=0.0)), 1e-9)
    count = len(stream.shares)
    heights = 0.9 * stream.shares[:, topic] / top
    axes.axhline(base, color="0.8", linewidth=0.6, zorder=0)
    if count:
        axes.fill_between(np.arange(count), base, base + heights, step="mid", color="0.55", linewidth=0, zorder=2)
    wide = max(count, 1) * 0.03
    height = 0.9 * stream.forecast[topic] / top
    bar = {"facecolor": "white", "edgecolor": "black", "hatch": "////", "linewidth": 0.7}
    axes.bar(count - 1 + 1.5 * wide, height, wide, base, **bar)
    axes.text(count - 1 + 2.4 * wide, base + 0.05, f"{stream.forecast[topic]:.0%}", fontsize=8, va="bottom")


def _shifts(axes: Any, stream: Stream, rows: int) -> None:
    for number, (place, _) in enumerate(stream.shifts, 1):
        axes.plot([place - 0.5] * 2, [-rows + 0.4, 1.2], color="black", linewidth=1.2, linestyle=(0, (4, 2)), zorder=3)
        axes.text(place - 0.5, 1.3, str(number), fontsize=9, ha="center", va="bottom", weight="bold")


def _events(axes: Any, stream: Stream, rows: int) -> None:
    """A mark for every event under the rows, and an unseen band over them by which the page says what it was."""
    count = len(stream.events)
    wide = min(1.0, THIN / max(count, 1))
    axes.plot(range(count), [0.45 - rows] * count, "|", color="black", markersize=6, markeredgewidth=wide)
    for place in range(count):
        axes.axvspan(place - 0.5, place + 0.5, alpha=0.0).set_gid(f"{MARK}{place}")


def _ticks(axes: Any, stream: Stream, order: NDArray[np.int64]) -> None:
    count = len(stream.shares)
    axes.set_yticks([0.3 - row for row in range(len(order))], [stream.names[topic] for topic in order], fontsize=9)
    axes.tick_params(axis="y", length=0)
    places = np.unique(np.linspace(0, max(count - 1, 0), TICKS).round().astype(int)) if count else np.zeros(0, int)
    told = [stream.moments[place] for place in places]
    news = ["" if moment == before else moment for moment, before in zip(told, ["", *told], strict=False)]
    axes.set_xticks(places, news, fontsize=8)  # what was all done on one day is dated once
    axes.set_xlabel("events, oldest first; hatched: forecast of the next", fontsize=8)
    axes.set_xlim(-1, max(count, 1) * 1.12)
    axes.set_ylim(-len(order) + 0.2, 1.7)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _page(stream: Stream) -> str:
    """The picture as a page: it needs nothing else, and no script."""
    written = io.StringIO()
    _figure(stream).savefig(written, format="svg", metadata={"Date": None})
    svg = written.getvalue()
    for place, (event, moment) in enumerate(zip(stream.events, stream.moments, strict=True)):
        mark = f'<g id="{MARK}{place}">'
        svg = svg.replace(mark, f"{mark}<title>{escape(f'{event} ({moment})')}</title>", 1)
    told = "".join(f"<li>{escape(shift)}</li>" for _, shift in stream.shifts)
    shifts = f"<ol>{told}</ol>" if told else ""
    return PAGE.format(title=escape(stream.title), picture=svg[svg.index("<svg") :], shifts=shifts)
