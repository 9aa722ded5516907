"""How soon planted shifts of interest are noticed: `python -m eval.drifts [--users 400] [--events 240] [--topics 19]`.

Prints a table: for each kind of change the share that was noticed, the median delay in events (1: at the first event of
the new taste), the median error of the date, and false alarms in 200 quiet events. Beside Foretaste's own test stand
ADWIN (river) on the surprise of each event, one a user, and, as the oracle that sees the whole and is told how many
changes there are, the segmentation of ruptures. They are left out where they are not installed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from eval.planted import KINDS, Planted, plant
from interests.shifts import find_shifts
from interests.tracker import Floats, Masses

QUIET = 200
Found = list[tuple[int, int]]  # where each shift began and where it was noticed, as numbers of a user's events
Detector = Callable[[Masses, int], Found]  # from one user's events, and how many changes there are


@dataclass(frozen=True, slots=True)
class Noticed:
    """How a detector did on one kind of change; delays and errors in events."""

    share: float
    delay: float
    error: float
    false_alarms: float


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description="How soon planted shifts are noticed.")
    parser.add_argument("--users", type=int, default=400)
    parser.add_argument("--events", type=int, default=240)
    parser.add_argument("--topics", type=int, default=19)
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    print("| change | by | noticed | median delay | date off by | false alarms |\n|---|---|---|---|---|---|")  # noqa: T201
    for kind in KINDS:
        made = plant(kind, told.users, told.events, told.topics, np.random.default_rng(told.seed))
        for name, detect in detectors(told.topics).items():
            print(_line(kind, name, measure(made, detect)))  # noqa: T201


def detectors(topics: int) -> Mapping[str, Detector]:
    """Those that are there, by name."""
    everyone = np.full(topics, 1 / topics)
    found: dict[str, Detector] = {"CUSUM": lambda mass, changes: _own(mass, everyone)}
    try:
        from river.drift import ADWIN

        found["ADWIN"] = lambda mass, changes: _adwin(mass, everyone, ADWIN)
    except ImportError:
        pass
    try:
        import ruptures

        found["oracle"] = lambda mass, changes: _oracle(mass, changes, ruptures)
    except ImportError:
        pass
    return found


def measure(made: Planted, detect: Detector) -> Noticed:
    """Every change counts as noticed by the first alarm before the next change; other alarms are false.

    Delays and dates are of those that were noticed; what was not counts as later than any of them.
    """
    delays: list[float] = []
    errors: list[float] = []
    false, quiet = 0, 0
    for user, changes in enumerate(made.changes):
        mass = made.mass[made.users == user]
        alarms = detect(mass, len(changes))
        quiet += changes[0] if changes else len(mass)
        false += sum(noticed < (changes[0] if changes else len(mass)) for _, noticed in alarms)
        for change, following in pairwise((*changes, len(mass))):
            first = next(((begun, at) for begun, at in alarms if change <= at < following), None)
            delays.append(first[1] - change + 1 if first else np.inf)
            if first:
                errors.append(abs(first[0] - change))
    share = float(np.isfinite(delays).mean()) if delays else np.nan
    delay = float(np.median(delays)) if delays else np.nan
    return Noticed(share, delay, float(np.median(errors)) if errors else np.nan, false / quiet * QUIET)


def _own(mass: Masses, everyone: Floats) -> Found:
    return [(shift.begun, shift.noticed) for shift in find_shifts(np.zeros(len(mass), np.int64), mass, everyone)]


def _adwin(mass: Masses, everyone: Floats, kind: Callable[[], object]) -> Found:
    """ADWIN on -log of the chance that all before gave to each event."""
    before = np.cumsum(mass, axis=0) - mass + everyone
    surprise = -np.log((before * mass).sum(axis=1) / before.sum(axis=1))
    detector = kind()
    found = []
    for place, value in enumerate(surprise.tolist()):
        detector.update(value)  # type: ignore[attr-defined]
        if detector.drift_detected:  # type: ignore[attr-defined]
            found.append((place, place))
    return found


def _oracle(mass: Masses, changes: int, ruptures: object) -> Found:
    """The best cut into as many parts as there are, by squared error; it has no delay."""
    if not changes:
        return []
    cuts = ruptures.Dynp(model="l2", min_size=5, jump=1).fit(mass).predict(n_bkps=changes)[:-1]  # type: ignore[attr-defined]
    return [(cut, cut) for cut in cuts]


def _line(kind: str, name: str, found: Noticed) -> str:
    def told(value: float, form: str) -> str:
        return "" if np.isnan(value) else format(value, form)

    figures = (
        told(found.share, ".0%"),
        told(found.delay, ".0f"),
        told(found.error, ".0f"),
        told(found.false_alarms, ".2f"),
    )
    return f"| {kind} | {name} | {' | '.join(figures)} |"


if __name__ == "__main__":
    main()
