"""The one decision of a node: `step(state, event, moment) -> Decision`.

Read this file first. A step takes what happened, looks at the sky, lets orders expire, tells the
neighbours, decides every lamp anew by the ladder, closes energy records that are due and lets
lamps age. It is level-triggered: every lamp's level follows from the state alone, so a lost report
heals with the next one and a step too many changes nothing. The host calls it for every event and,
at the latest, at `wake_at_s`.
"""

import math
from dataclasses import replace
from typing import NamedTuple, assert_never

from controller.core.ageing import aged, recalled
from controller.core.daylight import look, measured, needs_recheck
from controller.core.effects import AnnouncePassage, Effect
from controller.core.events import (
    BurnHoursRecalled,
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    IdentifyOrdered,
    LuxMeasured,
    MotionReported,
    NeighbourReported,
    OverrideCleared,
    OverrideOrdered,
    PassageHeard,
    PowerMeasured,
    ProfileChanged,
    Stopped,
    TimePassed,
)
from controller.core.lamps import booked, conventional, driven, next_due_s
from controller.core.moment import Moment
from controller.core.orders import expired, obeyed, orders_due_s
from controller.core.presence import REANNOUNCE_S
from controller.core.records import clock_changed, record_due_s, recorded
from controller.core.schedule import outdated, scheduled
from controller.core.state import State
from controller.core.watch import (
    Watch,
    came,
    concerned,
    expectations_s,
    followed,
    motion_taken,
    neighbour_taken,
    passage_taken,
    resettled,
)

# What changes the sky itself, or the rules by which it is judged.
ABOUT_THE_SKY = (LuxMeasured, ProfileChanged)


class Decision(NamedTuple):
    """The state from now on, what is to be done, and when to ask again at the latest.

    `wake_at_s` are monotonic seconds.
    """

    state: State
    effects: tuple[Effect, ...]
    wake_at_s: float


def step(state: State, event: Event, moment: Moment) -> Decision:
    """Decide. `moment` must not lie before the moment of the decision before."""
    now_s = moment.mono_s
    before = state
    state = _take(state, event, moment)
    if needs_recheck(state.sky, moment) or isinstance(event, ABOUT_THE_SKY):
        sky = look(state.sky, state.profile.daylight, state.site.position_deg, moment)
        state = state._replace(sky=sky)
    if now_s >= state.schedule.recheck_s or state.sky is not before.sky:
        state = _rescheduled(state, before, moment)
    state = expired(state, now_s)
    effects: list[Effect] = []
    state = _announce(state, before, event, now_s, effects)
    if state.sky is not before.sky or state.schedule is not before.schedule:
        state = _reckoned(state, before, now_s, effects)
    state = _drive(state, before, now_s, effects)
    if isinstance(event, Stopped) or now_s >= record_due_s(state):
        state = recorded(state, state, now_s, effects)
    if state.ledger_h is not before.ledger_h:
        state = aged(state, now_s, effects)
    return Decision(state, tuple(effects), _wake_at_s(state, now_s))


def _take(state: State, event: Event, moment: Moment) -> State:
    """Merge what happened into the state. What concerns nothing of this node changes nothing."""
    site, now_s = state.site, moment.mono_s
    watch = state.watch
    match event:
        case MotionReported():
            watch = motion_taken(watch, site, event, now_s)
            state = _with_passage(state, watch, event.sensor)
        case PassageHeard():
            watch = passage_taken(watch, site, event, now_s)
        case NeighbourReported():
            watch = neighbour_taken(watch, site, event, now_s)
        case LuxMeasured(sensor, lux):
            state = _with_reading(state, sensor, lux, now_s)
        case PowerMeasured(meter, power_w):
            state = _with_power(state, meter, power_w, now_s)
        case ProfileChanged(profile):
            watch = resettled(watch, site, profile.presence)
            state = state._replace(profile=profile)
        case (
            OverrideOrdered()
            | OverrideCleared()
            | EmergencyDeclared()
            | EmergencyEnded()
            | IdentifyOrdered()
        ):
            state = obeyed(state, event, now_s)
        case BurnHoursRecalled(ledger_h):
            state = recalled(state, ledger_h)
        case TimePassed() | Stopped():
            pass
        case _:
            assert_never(event)
    watch = followed(watch, site, now_s)
    return state if watch is state.watch else state._replace(watch=watch)


def _rescheduled(state: State, before: State, moment: Moment) -> State:
    """Ask the rules anew, if need be. Whatever concerns them beside time changes the sky too."""
    if state.profile is before.profile and not outdated(state.schedule, moment):
        return state
    return state._replace(schedule=scheduled(state.profile, state.site, moment))


def _with_reading(state: State, sensor: str, lux: float | None, now_s: float) -> State:
    if sensor not in state.site.own_light_sensors:
        return state
    readings = dict(state.sky.readings)
    before = readings.pop(sensor, None)
    if lux is not None:
        time_constant_s = state.profile.daylight.lux_time_constant_s
        readings[sensor] = measured(before, lux, now_s, time_constant_s)
    return state._replace(sky=replace(state.sky, readings=readings))


def _with_passage(state: State, watch: Watch, sensor: str) -> State:
    """Count somebody who came to a sensor, while that may matter to anybody."""
    if not (state.sky.may_be_dark_nearby and came(state.watch, watch, sensor)):
        return state
    return state._replace(passages={**state.passages, sensor: state.passages.get(sensor, 0) + 1})


def _with_power(state: State, meter: str, power_w: float | None, now_s: float) -> State:
    if meter not in state.meters:
        return state
    read = state.meters[meter].read(power_w, now_s)
    return state._replace(meters={**state.meters, meter: read})


def _announce(
    state: State, before: State, event: Event, now_s: float, effects: list[Effect]
) -> State:
    """Tell the neighbours when somebody comes to our sensors, stays there, and leaves.

    By day nobody needs it, and what is not needed is not told.
    """
    if not state.sky.may_be_dark_nearby:
        return state
    there, told = state.watch.occupied & state.site.announced, state.announced_at_s
    if not there and not isinstance(event, MotionReported):
        return state
    due = [x for x in there if now_s >= told.get(x, -math.inf) + REANNOUNCE_S]
    news = dict.fromkeys(sorted(due), True)
    if isinstance(event, MotionReported) and event.sensor in state.site.announced:
        sensor = event.sensor
        if state.watch.evidence[sensor] is not before.watch.evidence[sensor]:
            news[sensor] = sensor in there
    if not news:
        return state
    seq = state.announced_seq
    for sensor, active in news.items():
        seq += 1
        known = state.watch.evidence[sensor]
        since_s = known.active_at_s if active else known.inactive_at_s
        effects.append(AnnouncePassage(sensor, seq, now_s - since_s, active))
    at_s = {x: s for x, s in told.items() if x in there} | dict.fromkeys(news.keys() & there, now_s)
    return state._replace(announced_at_s=at_s, announced_seq=seq)


def _reckoned(state: State, before: State, now_s: float, effects: list[Effect]) -> State:
    """Book up to now what went otherwise until now: conventional lamps, the terms of a record."""
    lit = conventional(before)
    if conventional(state) != lit:
        state = booked(state, now_s, lit)
    other_terms = state.profile.baseline != before.profile.baseline
    if (other_terms or clock_changed(before.sky, state.sky)) and now_s > state.recorded_at_s:
        state = recorded(state, before, now_s, effects)
    return state


def _drive(state: State, before: State, now_s: float, effects: list[Effect]) -> State:
    """Decide the lamps whose situation may have changed."""
    if _changed_for_all(state, before):
        return driven(state, state.site.lamps, now_s, effects, needs_only=False)
    lamps = concerned(before.watch, state.watch, state.site)
    if next_due_s(state) <= now_s:
        lamps |= {lamp for lamp, due_s in state.due_s.items() if due_s <= now_s}
    return driven(state, sorted(lamps), now_s, effects, needs_only=True) if lamps else state


def _changed_for_all(state: State, before: State) -> bool:
    """Whether more has changed than where people are."""
    return (
        (
            state.sky is not before.sky
            and (state.sky.dark, state.sky.known) != (before.sky.dark, before.sky.known)
        )
        or state.profile is not before.profile
        or (
            state.schedule is not before.schedule
            and state.schedule.by_section != before.schedule.by_section
        )
        or state.overrides is not before.overrides
        or state.pulses is not before.pulses
        or state.emergency_until_s != before.emergency_until_s
        or (state.watch is not before.watch and state.watch.unknowns != before.watch.unknowns)
    )


def _wake_at_s(state: State, now_s: float) -> float:
    """Return when the state could next change by itself."""
    deadlines_s = [
        record_due_s(state),
        state.sky.recheck_s,
        state.schedule.recheck_s,
        next_due_s(state),
        *expectations_s(state.watch, state.site),
        *orders_due_s(state),
    ]
    if state.sky.may_be_dark_nearby:
        deadlines_s += [at_s + REANNOUNCE_S for at_s in state.announced_at_s.values()]
    return min([t for t in deadlines_s if t > now_s])
