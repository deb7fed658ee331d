"""Means over seeds with 95 % confidence intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

# 97.5 % quantiles of Student's t for 1 to 30 degrees of freedom.
T_QUANTILES = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Average:
    """The mean of a measure over `seeds` nights; `ci95` is half the interval, None for one."""

    mean: float
    ci95: float | None
    seeds: int


def average(values: Sequence[float]) -> Average:
    """Average at least one value."""
    n = len(values)
    if n == 1:
        return Average(values[0], None, 1)
    return Average(fmean(values), t_quantile(n - 1) * stdev(values) / math.sqrt(n), n)


def t_quantile(degrees: int) -> float:
    """Return the 97.5 % quantile of Student's t distribution.

    Beyond the table by the expansion around the normal quantile (Abramowitz and Stegun 26.7.5).
    """
    if degrees <= len(T_QUANTILES):
        return T_QUANTILES[degrees - 1]
    z = NormalDist().inv_cdf(0.975)
    first = (z**3 + z) / 4.0
    second = (5.0 * z**5 + 16.0 * z**3 + 3.0 * z) / 96.0
    return z + first / degrees + second / degrees**2
