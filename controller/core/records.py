"""Energy records: when one is closed, and what stands in it.

A record ends where a multiple of `record_s` begins by UTC, so that those of all nodes tell of the
same quarter hours; without a trusted clock, `record_s` after it began. Where the clock steps or
gains trust a record ends too: each lies on one clock.
"""

import math

from controller.core.ageing import burned
from controller.core.daylight import CLOCK_STEP_S, Sky
from controller.core.effects import Effect, LampEnergy, MeterEnergy, RecordEnergy
from controller.core.energy import SECONDS_PER_HOUR, Account, Hours
from controller.core.lamps import booked, conventional
from controller.core.state import State

# A record that ends so long before a multiple ends at it: sums of times are rounded.
GREATEST_TOLERANCE_S = 0.5


def record_due_s(state: State) -> float:
    """Return when the open record is to be closed, in monotonic seconds."""
    begun_s, offset_s = state.recorded_at_s, state.sky.clock_offset_s
    if offset_s is None or math.isinf(state.record_s):
        return begun_s + state.record_s
    tolerance_s = min(GREATEST_TOLERANCE_S, 0.1 * state.record_s)
    done = math.floor((begun_s + offset_s + tolerance_s) / state.record_s)
    return (done + 1) * state.record_s - offset_s


def clock_changed(before: Sky, after: Sky) -> bool:
    """Whether the wall clock stepped, or gained or lost trust, between two looks at the sky."""
    old_s, new_s = before.clock_offset_s, after.clock_offset_s
    if old_s is None or new_s is None:
        return old_s is not new_s
    return abs(new_s - old_s) > CLOCK_STEP_S


def recorded(state: State, terms: State, now_s: float, effects: list[Effect]) -> State:
    """Close the open energy record and begin the next.

    `terms`: the state whose clock and baseline held for the record.
    """
    state = booked(state, now_s, conventional(state))
    meters = {x: metered.booked(now_s) for x, metered in state.meters.items()}
    state = state._replace(meters=meters)
    duration_s = now_s - state.recorded_at_s
    record = RecordEnergy(
        start_s=state.recorded_at_s,
        end_s=now_s,
        clock_offset_s=terms.sky.clock_offset_s,
        lamps=_lamp_energies(state, duration_s),
        overhead_wh=state.site.controller_w * duration_s / SECONDS_PER_HOUR,
        baseline=terms.profile.baseline.label,
        dark_s=state.hours.dark_s,
        late_s=state.hours.late_s,
        passages=state.passages,
        meters=tuple(MeterEnergy(x, m.energy_wh, m.known_s) for x, m in meters.items()),
    )
    effects.append(record)
    fresh = {x: known._replace(account=Account(now_s)) for x, known in state.lamps.items()}
    return state._replace(
        lamps=fresh,
        hours=Hours(now_s),
        passages={},
        meters={x: metered.begun_anew() for x, metered in meters.items()},
        recorded_at_s=now_s,
        ledger_h=burned(state),
    )


def _lamp_energies(state: State, duration_s: float) -> tuple[LampEnergy, ...]:
    metered = {m.only_lamp: m.whole_energy_wh(duration_s) for m in state.meters.values()}
    return tuple(
        known.account.record(state.site.lamps[lamp], metered.get(lamp))
        for lamp, known in state.lamps.items()
    )
