"""Operators' orders: overrides, emergencies, and pulses that identify a lamp. None is for ever."""

from collections.abc import Iterator, Mapping
from typing import assert_never

from controller.core.arbitration import OrderedLevel
from controller.core.energy import SECONDS_PER_HOUR
from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    IdentifyOrdered,
    OverrideCleared,
    OverrideOrdered,
)
from controller.core.fade import FULL_PCT
from controller.core.profile import Override
from controller.core.pulse import PULSE_S, Pulse
from controller.core.state import State

EMERGENCY_GREATEST_S = 12 * SECONDS_PER_HOUR
PULSE_GREATEST_S = 600.0

Order = OverrideOrdered | OverrideCleared | EmergencyDeclared | EmergencyEnded | IdentifyOrdered


def override_s(rules: Override, duration_s: float | None) -> float:
    """Return how long an override holds: never more than the operators' own bound, in seconds."""
    return min(rules.default_s if duration_s is None else duration_s, rules.greatest_s)


def emergency_s(rules: Override, duration_s: float | None) -> float:
    """Return how long an emergency holds, in seconds: never more than half a day."""
    return min(rules.default_s if duration_s is None else duration_s, EMERGENCY_GREATEST_S)


def obeyed(state: State, order: Order, now_s: float) -> State:
    """Take an operator's order. Of lamps that are not this node's nothing is taken."""
    rules = state.profile.override
    match order:
        case OverrideOrdered(lamps, level_pct, duration_s):
            until_s = now_s + override_s(rules, duration_s)
            ordered = {x: OrderedLevel(level_pct, until_s) for x in lamps if x in state.lamps}
            return state._replace(overrides={**state.overrides, **ordered})
        case OverrideCleared(lamps):
            kept = {x: o for x, o in state.overrides.items() if x not in lamps}
            return state._replace(overrides=kept)
        case EmergencyDeclared(duration_s):
            return state._replace(emergency_until_s=now_s + emergency_s(rules, duration_s))
        case EmergencyEnded():
            return state._replace(emergency_until_s=None)
        case IdentifyOrdered(lamp, duration_s):
            if lamp not in state.lamps:
                return state
            pulse = Pulse(FULL_PCT, now_s + PULSE_S, now_s + min(duration_s, PULSE_GREATEST_S))
            return state._replace(pulses={**state.pulses, lamp: pulse})
        case _:
            assert_never(order)


def expired(state: State, now_s: float) -> State:
    """Let orders end that are over, and pulses turn."""
    if any(o.until_s <= now_s for o in state.overrides.values()):
        kept = {x: o for x, o in state.overrides.items() if o.until_s > now_s}
        state = state._replace(overrides=kept)
    if any(t <= now_s for t in _turns_s(state.pulses)):
        pulses = {x: p.at(now_s) for x, p in state.pulses.items() if p.until_s > now_s}
        state = state._replace(pulses=pulses)
    if state.emergency_until_s is not None and state.emergency_until_s <= now_s:
        state = state._replace(emergency_until_s=None)
    return state


def _turns_s(pulses: Mapping[str, Pulse]) -> Iterator[float]:
    return (min(pulse.turns_at_s, pulse.until_s) for pulse in pulses.values())


def orders_due_s(state: State) -> Iterator[float]:
    """Yield when an order ends or turns, in monotonic seconds."""
    yield from (order.until_s for order in state.overrides.values())
    yield from _turns_s(state.pulses)
    if state.emergency_until_s is not None:
        yield state.emergency_until_s
