"""What is kept of the samples in which meters are compared with the model.

A bounded number of levels and weeks a meter; older samples fade with `FADING_S`.
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

FADING_S = 14 * 86400.0
WEEK_S = 7 * 86400.0
MOST_BINS = 12
MOST_WEEKS = 26
ENOUGH = 30.0
"""So many samples make a mean that can be relied on: half an hour at a level."""
LEAST_ERROR_W = 0.05


class Bin(NamedTuple):
    """What was measured at a level. `weight` counts samples, older ones for less.

    `key`: the DALI level, or the tenths of full power. `level_pct` (flux, or share of full power)
    and `mean_w` are means, `variance_w2` is the variance of what was measured. `reference`: watts
    in the beginning per watt of the model, once the level was met often enough.
    """

    key: int
    level_pct: float
    weight: float
    mean_w: float
    variance_w2: float
    seen_utc_s: float
    reference: float | None = None

    @property
    def is_reliable(self) -> bool:
        """Whether its samples are near enough to one another for their mean to be proposed."""
        error_w = math.sqrt(self.variance_w2 / self.weight)
        return error_w <= max(LEAST_ERROR_W, 0.01 * self.mean_w)

    def faded(self, utc_s: float) -> float:
        """Return what its samples weigh at a later time."""
        return self.weight * math.exp(-max(0.0, utc_s - self.seen_utc_s) / FADING_S)

    def with_sample(self, level_pct: float, measured_w: float, utc_s: float) -> "Bin":
        """Add a sample (West's running mean and variance of weighted values)."""
        before = self.faded(utc_s)
        weight = before + 1.0
        deviation_w = measured_w - self.mean_w
        return self._replace(
            level_pct=self.level_pct + (level_pct - self.level_pct) / weight,
            weight=weight,
            mean_w=self.mean_w + deviation_w / weight,
            variance_w2=before / weight * (self.variance_w2 + deviation_w**2 / weight),
            seen_utc_s=max(utc_s, self.seen_utc_s),
        )


class Week(NamedTuple):
    """Samples of one week: sums of what was measured and of what it would first have been.

    `number` counts weeks of POSIX time; `mean_utc_s` is the mean time of the samples.
    """

    number: int
    samples: int
    mean_utc_s: float
    measured_w: float
    first_w: float

    @property
    def ratio(self) -> float:
        """Return how much more is measured than in the beginning: 1 without drift."""
        return self.measured_w / self.first_w


class Sums(NamedTuple):
    """Sums over samples, older ones counted for less, as they were at `utc_s`."""

    utc_s: float = 0.0
    weight: float = 0.0
    measured_w: float = 0.0
    modelled_w: float = 0.0
    apart_w: float = 0.0

    def with_sample(self, measured_w: float, modelled_w: float, utc_s: float) -> "Sums":
        """Add a sample; `apart_w` grows by how far it and the model are apart."""
        kept = math.exp(-max(0.0, utc_s - self.utc_s) / FADING_S)
        return Sums(
            max(utc_s, self.utc_s),
            kept * self.weight + 1.0,
            kept * self.measured_w + measured_w,
            kept * self.modelled_w + modelled_w,
            kept * self.apart_w + abs(measured_w - modelled_w),
        )


class Compared(NamedTuple):
    """What one meter and the model of what is behind it said so far.

    `model`: what the model depends on, as text. `read_at_s`: the reading sampled last, in
    monotonic seconds of this process.
    """

    model: str
    bins: tuple[Bin, ...] = ()
    weeks: tuple[Week, ...] = ()
    sums: Sums = Sums()
    read_at_s: float = -math.inf


class Reconciliation(NamedTuple):
    """What is known of every meter, by its id."""

    meters: Mapping[str, Compared] = MappingProxyType({})
