"""How well meters and model agree, and what would make them agree better.

The share explained is that of the energy: 1 - sum |measured - modelled| / sum measured. The usual
share of the variance says nothing of a lamp that burns at one level all night, and calls a model
perfect that is wrong by the same watt everywhere.

Drift is the median of the slopes between all pairs of weeks (Theil 1950, Sen 1968): up to three
odd weeks in ten do not move it.

A power table is proposed for a lamp with a meter of its own, from the levels that were seen: often
enough, some of them low and some near full light. Between them the account is linear anyway; to
either side the line is drawn on, as the path file wants 0 and 100 %. For other meters there is
only the factor by which all behind them draws more than the model says.
"""

import math
from itertools import combinations
from typing import NamedTuple

from controller.core.comparison import ENOUGH, WEEK_S, Bin, Compared, Reconciliation, Week
from controller.core.energy import power_w
from controller.core.fade import FULL_PCT
from controller.core.metering import Meter
from controller.core.path import Lamp, PowerTable
from controller.core.state import State

LEAST_WEEKS = 3
LOW_PCT, NEAR_FULL_PCT = 30.0, 90.0
LEVER_PCT = 10.0
"""Points nearer to one another give no direction to draw a line on in."""
SAME_PCT = 0.5
"""Levels nearer to one another are one point of a table."""
LIT_KEY = 3
"""Tenths of full power: a group that never drew so much was hardly ever lit up."""
WORTH_SHARE, WORTH_W = 0.02, 0.05
"""A model nearer than this to what is measured is left as it is."""


class Agreement(NamedTuple):
    """What a meter says of the model. None stands for what is not known well enough yet.

    `samples`: how many count, older ones for less; `measured_w` and `modelled_w`: their means.
    `drift_pct_week`: by how much more is measured each week, in percent of the beginning.
    `table`: for a meter with one lamp alone, `factor` for others; None where the model is right.
    """

    meter: Meter
    samples: float
    measured_w: float
    modelled_w: float
    explained_pct: float | None
    drift_pct_week: float | None
    table: PowerTable | None
    factor: float | None


def agreements(reconciliation: Reconciliation, state: State) -> tuple[Agreement, ...]:
    """Return what is known of every meter that was compared with the model so far."""
    return tuple(
        _agreement(metered.meter, metered.only_lamp, reconciliation.meters[name], state)
        for name, metered in state.meters.items()
        if name in reconciliation.meters and reconciliation.meters[name].sums.weight > 0.0
    )


def _agreement(meter: Meter, only_lamp: str | None, compared: Compared, state: State) -> Agreement:
    sums = compared.sums
    bins = [x for x in compared.bins if x.faded(sums.utc_s) >= ENOUGH]
    table = factor = None
    if only_lamp is not None:
        reliable = [x for x in bins if x.is_reliable]
        table = _table(reliable, state.site.lamps[only_lamp], state.site.as_built(only_lamp).power)
    elif sums.modelled_w > 0.0 and any(x.key >= LIT_KEY for x in bins):
        factor = sums.measured_w / sums.modelled_w
    return Agreement(
        meter=meter,
        samples=sums.weight,
        measured_w=sums.measured_w / sums.weight,
        modelled_w=sums.modelled_w / sums.weight,
        explained_pct=_explained_pct(compared),
        drift_pct_week=_drift_pct_week(compared.weeks),
        table=table,
        factor=factor if factor is not None and abs(factor - 1.0) > WORTH_SHARE else None,
    )


def _explained_pct(compared: Compared) -> float | None:
    sums = compared.sums
    if sums.weight < ENOUGH or sums.measured_w <= 0.0:
        return None
    return 100.0 * max(0.0, 1.0 - sums.apart_w / sums.measured_w)


def _drift_pct_week(weeks: tuple[Week, ...]) -> float | None:
    told = [week for week in weeks if week.samples >= ENOUGH]
    if len(told) < LEAST_WEEKS:
        return None
    slopes = [
        (later.ratio - earlier.ratio) / ((later.mean_utc_s - earlier.mean_utc_s) / WEEK_S)
        for earlier, later in combinations(told, 2)
    ]
    return 100.0 * _median(slopes)


def _median(values: list[float]) -> float:
    ranked = sorted(values)
    return (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2.0


class _Point(NamedTuple):
    level_pct: float
    watts: float
    weight: float

    def joined(self, other: "_Point") -> "_Point":
        weight = self.weight + other.weight
        share = other.weight / weight
        return _Point(
            self.level_pct + share * (other.level_pct - self.level_pct),
            self.watts + share * (other.watts - self.watts),
            weight,
        )


def _table(bins: list[Bin], lamp: Lamp, known: PowerTable) -> PowerTable | None:
    """Return the table to propose, None if too little was seen or `known` is good enough.

    Both are by output, as in the path file; bins are by level.
    """
    off = [x.mean_w for x in bins if x.key == 0]
    lit = _rising(_apart([_Point(x.level_pct, x.mean_w, x.weight) for x in bins if x.key]))
    if not lit or lit[0].level_pct > LOW_PCT or lit[-1].level_pct < NEAR_FULL_PCT:
        return None
    points = [(lamp.output_at(x.level_pct), x.watts) for x in lit]
    if points[-1][0] < FULL_PCT:
        points.append((FULL_PCT, _drawn_on(points[::-1], FULL_PCT)))
    points.insert(0, (0.0, max(0.0, _drawn_on(points, 0.0))))
    standby_w = off[0] if off else known.standby_w
    proposed = PowerTable(
        round(standby_w, 2), tuple((round(x, 3), round(watts, 2)) for x, watts in points)
    )
    return proposed if _differ(proposed, known) else None


def _apart(points: list[_Point]) -> list[_Point]:
    """Join points at almost the same level."""
    found: list[_Point] = []
    for point in points:
        if found and point.level_pct - found[-1].level_pct < SAME_PCT:
            point = found.pop().joined(point)  # noqa: PLW2901  the joined one instead
        found.append(point)
    return found


def _rising(points: list[_Point]) -> list[_Point]:
    """Let no point draw less than one before it: neighbours that do get their common mean.

    Isotonic regression by pooling adjacent violators (Ayer and others 1955).
    """
    pools: list[list[_Point]] = []
    for point in points:
        pools.append([point])
        while len(pools) > 1 and _mean_w(pools[-2]) > _mean_w(pools[-1]):
            pools[-2:] = [pools[-2] + pools[-1]]
    return [point._replace(watts=_mean_w(pool)) for pool in pools for point in pool]


def _mean_w(pool: list[_Point]) -> float:
    return math.fsum(x.watts * x.weight for x in pool) / math.fsum(x.weight for x in pool)


def _drawn_on(points: list[tuple[float, float]], level_pct: float) -> float:
    """Draw the line through the first point and one far enough from it on to `level_pct`."""
    near_pct, near_w = points[0]
    far_pct, far_w = next(x for x in points if abs(x[0] - near_pct) >= LEVER_PCT)
    return near_w + (far_w - near_w) * (level_pct - near_pct) / (far_pct - near_pct)


def _differ(proposed: PowerTable, known: PowerTable) -> bool:
    pairs = [(watts, power_w(known, level_pct)) for level_pct, watts in proposed.points[1:]]
    pairs.append((proposed.standby_w, known.standby_w))
    return any(abs(new - old) > max(WORTH_W, WORTH_SHARE * old) for new, old in pairs)
