"""Meters against the model: what was measured while lamps stood still, and what was expected.

A sample is taken about once a minute. It counts where the meter has a fresh reading and every lamp
behind it stood still (`expected.py`). Samples are kept by level: of a meter with one lamp by the
lamp's level, of others by the share of their full power. Old ones fade with `FADING_S`.

Weeks are kept to see drift. They compare a meter with itself: with what it measured when it first
met a level, so that neither a wrong model nor longer nights look like drift. A level met later is
compared with what it would have been in the beginning, as the index of a price is linked.

Where the model of what is behind a meter changes, the comparison begins anew.
"""

import math
from typing import NamedTuple

from controller.core.comparison import (
    ENOUGH,
    MOST_BINS,
    MOST_WEEKS,
    WEEK_S,
    Bin,
    Compared,
    Reconciliation,
    Week,
)
from controller.core.energy import power_w
from controller.core.expected import expected_w, is_driven
from controller.core.fade import FULL_PCT, dali_level
from controller.core.metering import Meter, Metered
from controller.core.moment import Moment
from controller.core.path import Lamp
from controller.core.state import State

SHARES = 10


class _Sample(NamedTuple):
    key: int
    level_pct: float
    measured_w: float
    modelled_w: float
    utc_s: float


def sampled(reconciliation: Reconciliation, state: State, moment: Moment) -> Reconciliation:
    """Take a sample of every meter that can be compared now; others are kept as they are.

    Without a trusted clock nothing is sampled: nobody could say how old it is. Meters that the
    node has no more are forgotten.
    """
    known = reconciliation.meters
    meters = {x: known[x] for x in state.meters if x in known}
    if moment.utc_s is None:
        return Reconciliation(meters)
    for name, metered in state.meters.items():
        if not is_driven(metered, state):
            continue
        model = _model(metered.meter, state)
        compared = meters.get(name)
        if compared is None or compared.model != model:
            compared = Compared(model)
        if compared.read_at_s != metered.read_at_s:
            sample = _sample(metered, state, moment.mono_s, moment.utc_s)
            if sample is not None:
                compared = _with_sample(compared, sample)._replace(read_at_s=metered.read_at_s)
        meters[name] = compared
    return Reconciliation(meters)


def _model(meter: Meter, state: State) -> str:
    """Return what the model of a meter depends on. That lamps age is in the model."""
    parts = [_lamp_model(state.site.as_built(x)) for x in sorted(meter.lamps)]
    return "; ".join([*parts, f"{state.site.controller_w:g}"] if meter.controller else parts)


def _lamp_model(lamp: Lamp) -> str:
    constant = f" {lamp.clo.points}" if lamp.clo else ""
    return f"{lamp.id}: {lamp.power.standby_w:g} {lamp.power.points}{constant}"


def _sample(metered: Metered, state: State, now_s: float, utc_s: float) -> _Sample | None:
    """Return a sample, None where a lamp was or may have been fading, or the reading is old."""
    measured_w, modelled_w = metered.power_w, expected_w(metered, state, now_s)
    if measured_w is None or modelled_w is None:
        return None
    if metered.only_lamp is not None:
        level_pct = state.lamps[metered.only_lamp].fade.to_pct
        key = round(dali_level(level_pct))
    else:
        lit_w = modelled_w - (state.site.controller_w if metered.meter.controller else 0.0)
        full_w = sum(power_w(state.site.lamps[x].power, FULL_PCT) for x in metered.meter.lamps)
        level_pct = FULL_PCT * lit_w / full_w if full_w > 0.0 else 0.0
        key = round(SHARES * level_pct / FULL_PCT)
    return _Sample(key, level_pct, measured_w, modelled_w, utc_s)


def _with_sample(compared: Compared, sample: _Sample) -> Compared:
    measured_w, modelled_w, utc_s = sample.measured_w, sample.modelled_w, sample.utc_s
    others = [x for x in compared.bins if x.key != sample.key]
    old = next((x for x in compared.bins if x.key == sample.key), None)
    new = old or Bin(sample.key, sample.level_pct, 0.0, 0.0, 0.0, utc_s)
    new = new.with_sample(sample.level_pct, measured_w, utc_s)
    weeks = compared.weeks
    if new.reference is None and new.weight >= ENOUGH and min(new.mean_w, modelled_w) > 0.0:
        drifted = weeks[-1].ratio if weeks and weeks[-1].samples >= ENOUGH else 1.0
        new = new._replace(reference=new.mean_w / modelled_w / drifted)
    if new.reference is not None and modelled_w > 0.0:
        weeks = _with_week(weeks, measured_w, new.reference * modelled_w, utc_s)
    if len(others) == MOST_BINS:
        others.remove(min(others, key=lambda x: x.faded(utc_s)))
    return compared._replace(
        bins=tuple(sorted([*others, new])),
        weeks=weeks,
        sums=compared.sums.with_sample(measured_w, modelled_w, utc_s),
    )


def _with_week(
    weeks: tuple[Week, ...], measured_w: float, first_w: float, utc_s: float
) -> tuple[Week, ...]:
    """Count a sample in its week. A clock that went back a week counts in the last one."""
    number = math.floor(utc_s / WEEK_S)
    if not weeks or number > weeks[-1].number:
        return (*weeks, Week(number, 1, utc_s, measured_w, first_w))[-MOST_WEEKS:]
    *before, last = weeks
    samples = last.samples + 1
    last = Week(
        last.number,
        samples,
        last.mean_utc_s + (utc_s - last.mean_utc_s) / samples,
        last.measured_w + measured_w,
        last.first_w + first_w,
    )
    return (*before, last)
