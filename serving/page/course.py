"""The course of somebody's interests as rows to draw: a topic each, its share over the events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agent.interest_view import Course, moment

MOST = 120  # points of a curve: more would not be told apart
WIDE, HIGH = 100.0, 24.0  # of a curve, in its own units


@dataclass(frozen=True, slots=True)
class Row:
    """A topic: the outline of its share over the events, as an SVG path, its share now and its P(next)."""

    topic: str
    path: str
    now: float
    next: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows, those that weighed most over all first; `turns` are the places of shifts, in hundredths of the way."""

    rows: tuple[Row, ...]
    first: str
    last: str
    turns: tuple[float, ...]


def picture_of(course: Course) -> Picture:
    """What is drawn of a course."""
    count = len(course.shares)
    drawn = _drawn(course.shares)
    top = max(float(drawn.max(initial=0.0)), 1e-9)
    weight = drawn.mean(axis=0) if count else course.forecast
    rows = tuple(
        Row(
            course.names[topic],
            _outline(drawn[:, topic] / top),
            float(course.shares[-1, topic]) if count else 0.0,
            float(course.forecast[topic]),
        )
        for topic in np.argsort(-weight, kind="stable").tolist()
    )
    first, last = (moment(course, 0), moment(course, count - 1)) if count else ("", "")
    turns = tuple(round(100 * (shift.begun + 0.5) / count, 1) for shift in course.shifts)
    return Picture(rows, first, last, turns)


def _drawn(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shares, float64 [events, topics], as means over at most `MOST` stretches of the way."""
    if len(shares) <= MOST:
        return shares
    return np.stack([part.mean(axis=0) for part in np.array_split(shares, MOST)])


def _outline(heights: Sequence[float] | NDArray[np.float64]) -> str:
    """The path around the area under `heights`, each from 0 to 1, of equal steps."""
    if not len(heights):
        return ""
    step = WIDE / len(heights)
    tops = [f"V{HIGH - 0.95 * HIGH * height:.1f}H{(place + 1) * step:.1f}" for place, height in enumerate(heights)]
    return f"M0 {HIGH:g}{''.join(tops)}V{HIGH:g}Z"
