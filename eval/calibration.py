"""Are the probabilities true? Scoring rules and calibration of P(next)."""

from __future__ import annotations

import numpy as np

from eval.interactions import Floats, Ints

LEAST_P = 1e-12  # a target that was given no probability costs as much as this one: 27.6 nats
BINS = 15


def log_loss(log_p: Floats, targets: Ints) -> Floats:
    """The logarithmic score -log P(target) in nats (Good 1952). Float64 [cases].

    `log_p`, float64 [cases, items], is a distribution over everything that could come, so that targets which no list
    held count too.
    """
    return -np.maximum(log_p[np.arange(len(targets)), targets], np.log(LEAST_P))


def brier(log_p: Floats, targets: Ints) -> Floats:
    """The Brier score over all items, Σ (p - y)² with y 1 for the target alone (Brier 1950). In [0, 2], [cases]."""
    p = np.exp(log_p)
    return np.asarray((p**2).sum(axis=1) - 2 * p[np.arange(len(targets)), targets] + 1, float)


def calibration_bins(p: Floats, hits: Floats, bins: int = BINS) -> Floats:
    """Equal-mass bins by probability: mean p, share of hits and number, float64 [bins, 3]; fewer for fewer values.

    `p` and `hits` (0 or 1) are float64 [n]. Equal probabilities may fall into two bins.
    """
    order = np.argsort(p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return np.array([(p[part].mean(), hits[part].mean(), len(part)) for part in parts]).reshape(-1, 3)


def calibration_error(p: Floats, hits: Floats, bins: int = BINS) -> float:
    """Expected calibration error, Σ n_b / n · |mean p - share of hits| (Naeini et al. 2015), in [0, 1].

    Each listed item is one statement, "with probability p this comes next". A missed target makes every statement of
    its list false, so misses count.
    """
    table = calibration_bins(p, hits, bins)
    return float((np.abs(table[:, 0] - table[:, 1]) * table[:, 2]).sum() / max(len(p), 1))
