"""Is one system better than another? Paired differences over the same users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from eval.interactions import Floats
from eval.intervals import Interval, bootstrap

LEVEL, POWER = 0.05, 0.8


@dataclass(frozen=True, slots=True)
class Comparison:
    """By how much one system is `better` than the `other` in one metric, paired by user.

    `p` is two-sided, `p_holm` the same after Holm's correction over all comparisons made together; `detectable` is the
    smallest true difference that this many users would have shown.
    """

    metric: str
    better: str
    other: str
    difference: Interval
    p: float
    p_holm: float
    detectable: float

    @property
    def significant(self) -> bool:
        """Whether the difference stands at the 5 % level after the correction."""
        return self.p_holm < LEVEL


def compare(
    metric: str, values: Mapping[str, Mapping[int, float]], seed: int = 0, less: bool = False
) -> list[Comparison]:
    """Every pair of systems, the better one first: that with the greater mean, or the smaller where `less` is better.

    `values` gives each system's value of each user. A pair is compared on the users that both have; pairs with fewer
    than two such users are left out.
    """
    pairs = (_pair(metric, first, second, values, seed, less) for first, second in combinations(values, 2))
    made = [pair for pair in pairs if pair]
    corrected = holm([pair.p for pair in made])
    return [replace(pair, p_holm=p) for pair, p in zip(made, corrected, strict=True)]


def _pair(
    metric: str, first: str, second: str, values: Mapping[str, Mapping[int, float]], seed: int, less: bool
) -> Comparison | None:
    shared = sorted(values[first].keys() & values[second].keys())
    if len(shared) < 2:
        return None
    difference = np.array([values[first][user] - values[second][user] for user in shared]) * (-1 if less else 1)
    if difference.mean() < 0:
        first, second, difference = second, first, -difference
    p = paired_p(difference)
    return Comparison(metric, first, second, bootstrap(difference, seed), p, p, detectable(difference))


def paired_p(difference: Sequence[float] | Floats) -> float:
    """Student's paired t-test, two-sided (for retrieval metrics it agrees with randomisation: Smucker et al. 2007)."""
    sample = np.asarray(difference, float)
    error = sample.std(ddof=1) / np.sqrt(len(sample))
    if error == 0:
        return 1.0 if sample.mean() == 0 else 0.0
    return float(2 * student.sf(abs(sample.mean()) / error, len(sample) - 1))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given: the i-th smallest of m times m - i + 1."""
    values = np.asarray(p, float)
    order = np.argsort(values, kind="stable")
    stepped = values[order] * (len(values) - np.arange(len(values)))
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(stepped), 1.0) if len(values) else stepped
    found: list[float] = adjusted.tolist()
    return found


def detectable(difference: Sequence[float] | Floats) -> float:
    """The smallest true mean difference found with 80 % power at the 5 % level: (z.975 + z.8) · sd / √n."""
    sample = np.asarray(difference, float)
    quantiles = norm.ppf(1 - LEVEL / 2) + norm.ppf(POWER)
    return float(quantiles * sample.std(ddof=1) / np.sqrt(len(sample)))
