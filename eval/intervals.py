"""How sure a mean is, and a figure that is no mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from eval.interactions import Floats, Ints, Mask

RESAMPLES = 2_000
CELLS = 4_000_000  # weights held at once
GROUPS = 20


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure over `n` users and its 95 % interval."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return f"{self.mean:.4f} [{self.low:.4f}, {self.high:.4f}]"


def bootstrap(values: Sequence[float] | Floats, seed: int = 0) -> Interval:
    """The percentile bootstrap over users (Efron 1979), one value a user.

    Where a user has several targets the value is that user's mean, so whole users are drawn and their targets stay
    together: the cluster bootstrap.

    Raises:
        ValueError: there are no values.
    """
    sample = np.asarray(values, float)
    if not len(sample):
        raise ValueError("no values to take an interval of")
    low, high = np.quantile(resampled_means(sample[:, None], seed)[:, 0], [0.025, 0.975])
    return Interval(float(sample.mean()), float(low), float(high), len(sample))


def resampled_means(values: Floats, seed: int = 0) -> Floats:
    """The means of 2,000 resamples of the rows, float64 [resamples, columns]; all columns share the drawn users.

    `values` is float64 [users, columns]. With one seed the same users are drawn each time, so differences are paired.
    """
    generator = np.random.default_rng(seed)
    users = len(values)
    step = max(1, CELLS // users)
    means = []
    for start in range(0, RESAMPLES, step):
        drawn = generator.integers(0, users, (min(step, RESAMPLES - start), users))
        offsets = users * np.arange(len(drawn))[:, None]
        weights = np.bincount((drawn + offsets).ravel(), minlength=drawn.size).reshape(drawn.shape)
        means.append(weights.astype(float) @ values / users)
    return np.concatenate(means)


def user_means(users: Ints, values: Floats) -> tuple[Ints, Floats]:
    """Each user's mean over that user's cases, NaN left out: the users, upwards, and float64 [users]."""
    known = ~np.isnan(values)
    found, group = np.unique(users[known], return_inverse=True)
    return found, np.bincount(group, values[known], len(found)) / np.bincount(group, minlength=len(found))


def jackknife(users: Ints, statistic: Callable[[Mask], float], seed: int = 0) -> Interval:
    """The interval of a figure in [0, 1] that is no mean over users, such as coverage: the delete-a-group jackknife.

    `statistic` takes bool [cases], the cases to look at. Users fall into 20 random groups of which one at a time is
    left out: variance (G - 1)/G Σ (s_g - mean)², Student's t with G - 1 degrees (Kott 2001). A bootstrap would draw a
    user twice and so see too few different lists.
    """
    whole = statistic(np.ones(len(users), bool))
    present, place = np.unique(users, return_inverse=True)
    groups = min(GROUPS, len(present))
    if groups < 2:
        return Interval(whole, whole, whole, len(present))
    group = np.random.default_rng(seed).permutation(np.arange(len(present)) % groups)[place]
    parts = np.array([statistic(group != number) for number in range(groups)])
    error = float(np.sqrt((groups - 1) / groups * ((parts - parts.mean()) ** 2).sum()))
    margin = error * float(student.ppf(0.975, groups - 1))
    return Interval(whole, max(whole - margin, 0.0), min(whole + margin, 1.0), len(present))
