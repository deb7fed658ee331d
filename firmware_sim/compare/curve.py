"""Energy at equal service: the least energy at which a swept scheme serves well enough."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

ENOUGH = 0.99


@dataclass(frozen=True, slots=True)
class Swept:
    """What one value of a hold (in s) comes to on average."""

    value_s: float
    energy_wh: float
    saving_pct: float
    s_full: float


def at_equal_service(points: Sequence[Swept], enough: float = ENOUGH) -> Swept | None:
    """Return the cheapest point of a curve with at least this service, linear between points.

    `points` in order of their values. None if the curve never gets there.
    """
    candidates = [point for point in points if point.s_full >= enough]
    candidates += [
        _between(a, b, (enough - a.s_full) / (b.s_full - a.s_full))
        for a, b in pairwise(points)
        if (a.s_full < enough) != (b.s_full < enough)
    ]
    return min(candidates, key=lambda point: point.energy_wh, default=None)


def _between(a: Swept, b: Swept, share: float) -> Swept:
    def mixed(first: float, second: float) -> float:
        return first + share * (second - first)

    return Swept(
        mixed(a.value_s, b.value_s),
        mixed(a.energy_wh, b.energy_wh),
        mixed(a.saving_pct, b.saving_pct),
        mixed(a.s_full, b.s_full),
    )
