"""The one decision of a node: `step(state, event, moment) -> Decision`.

Read this file first. A step takes what happened, looks at the sky, lets orders expire, tells the
neighbours, decides every lamp anew by the ladder and closes energy records that are due. It is
level-triggered: every lamp's level follows from the state alone, so a lost report heals with the
next one and a step too many changes nothing. The host calls it for every event and, at the
latest, at `wake_at_s`.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import assert_never

from controller.core.arbitration import OrderedLevel, Situation, arbitrate
from controller.core.daylight import look, measured, needs_recheck
from controller.core.effects import AnnouncePassage, Effect, FadeLamp, RecordEnergy
from controller.core.energy import SECONDS_PER_HOUR, Account
from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    LuxMeasured,
    MotionReported,
    OverrideCleared,
    OverrideOrdered,
    PassageHeard,
    ProfileChanged,
    Stopped,
    TimePassed,
)
from controller.core.moment import Moment
from controller.core.presence import Evidence, heard, need, reported
from controller.core.state import LampState, State, reach_of

EMERGENCY_GREATEST_S = 12 * SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Decision:
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
    if needs_recheck(state.sky, moment) or isinstance(event, LuxMeasured | ProfileChanged):
        sky = look(state.sky, state.profile.daylight, state.site.position_deg, moment)
        state = replace(state, sky=sky)
    state = _expire(state, now_s)
    effects: list[Effect] = []
    state = _announce(state, before, now_s, effects)
    if state.sky.baseline_lit != before.sky.baseline_lit:
        state = _close_accounts(state, now_s, baseline_lit=before.sky.baseline_lit)
    state = _drive(state, now_s, effects)
    if isinstance(event, Stopped) or now_s >= state.recorded_at_s + state.record_s:
        state = _record(state, now_s, effects)
    return Decision(state, tuple(effects), _wake_at_s(state, now_s))


def _take(state: State, event: Event, moment: Moment) -> State:
    """Merge what happened into the state. What concerns nothing of this node changes nothing."""
    match event:
        case MotionReported(sensor, active, at_s):
            if sensor not in state.site.own_sensors:
                return state
            at_s = min(at_s, moment.mono_s)
            return _with_evidence(
                state, sensor, reported(state.evidence[sensor], active=active, at_s=at_s)
            )
        case PassageHeard(sensor, boot, seq, age_s):
            if sensor in state.site.own_sensors or sensor not in state.evidence:
                return state
            at_s = moment.mono_s - max(0.0, age_s)
            return _with_evidence(
                state, sensor, heard(state.evidence[sensor], boot=boot, seq=seq, at_s=at_s)
            )
        case LuxMeasured(sensor, lux):
            return _with_reading(state, sensor, lux, moment.mono_s)
        case ProfileChanged(profile):
            return replace(state, profile=profile, reach=reach_of(state.site, profile))
        case OverrideOrdered() | OverrideCleared() | EmergencyDeclared() | EmergencyEnded():
            return _obey(state, event, moment.mono_s)
        case TimePassed() | Stopped():
            return state
        case _:
            assert_never(event)


def _obey(
    state: State,
    order: OverrideOrdered | OverrideCleared | EmergencyDeclared | EmergencyEnded,
    now_s: float,
) -> State:
    """Take an operator's order. None is for ever."""
    match order:
        case OverrideOrdered(lamps, level_pct, duration_s):
            until_s = now_s + _bounded_s(state, duration_s)
            ordered = {x: OrderedLevel(level_pct, until_s) for x in lamps if x in state.lamps}
            return replace(state, overrides={**state.overrides, **ordered})
        case OverrideCleared(lamps):
            kept = {x: o for x, o in state.overrides.items() if x not in lamps}
            return replace(state, overrides=kept)
        case EmergencyDeclared(duration_s):
            span_s = min(_bounded_s(state, duration_s), EMERGENCY_GREATEST_S)
            return replace(state, emergency_until_s=now_s + span_s)
        case EmergencyEnded():
            return replace(state, emergency_until_s=None)
        case _:
            assert_never(order)


def _with_evidence(state: State, sensor: str, evidence: Evidence) -> State:
    if evidence is state.evidence[sensor]:
        return state
    return replace(state, evidence={**state.evidence, sensor: evidence})


def _with_reading(state: State, sensor: str, lux: float | None, now_s: float) -> State:
    if sensor not in state.site.own_light_sensors:
        return state
    readings = dict(state.sky.readings)
    before = readings.pop(sensor, None)
    if lux is not None:
        time_constant_s = state.profile.daylight.lux_time_constant_s
        readings[sensor] = measured(before, lux, now_s, time_constant_s)
    return replace(state, sky=replace(state.sky, readings=readings))


def _bounded_s(state: State, duration_s: float | None) -> float:
    """Return the expiry of an order: never more than the operators' own bound."""
    rules = state.profile.override
    return min(rules.default_s if duration_s is None else duration_s, rules.greatest_s)


def _expire(state: State, now_s: float) -> State:
    if any(o.until_s <= now_s for o in state.overrides.values()):
        kept = {x: o for x, o in state.overrides.items() if o.until_s > now_s}
        state = replace(state, overrides=kept)
    if state.emergency_until_s is not None and state.emergency_until_s <= now_s:
        state = replace(state, emergency_until_s=None)
    return state


def _announce(state: State, before: State, now_s: float, effects: list[Effect]) -> State:
    """Tell the neighbours when somebody comes to our sensors, stays there, and leaves.

    By day nobody needs it, and what is not needed is not told.
    """
    if not state.sky.may_be_dark_nearby:
        return state
    announced_at_s = dict(state.announced_at_s)
    seq = state.announced_seq
    for sensor in state.reach.announce_again_s:
        known = state.evidence[sensor]
        if known != before.evidence[sensor]:
            seen_s = known.active_at_s if known.occupied else known.inactive_at_s
        elif known.occupied and now_s >= _announce_again_s(state, sensor):
            seen_s = now_s
        else:
            continue
        seq += 1
        effects.append(AnnouncePassage(sensor, seq, now_s - seen_s))
        announced_at_s[sensor] = now_s
    if seq == state.announced_seq:
        return state
    return replace(state, announced_at_s=announced_at_s, announced_seq=seq)


def _announce_again_s(state: State, sensor: str) -> float:
    return state.announced_at_s.get(sensor, -math.inf) + state.reach.announce_again_s[sensor]


def _drive(state: State, now_s: float, effects: list[Effect]) -> State:
    """Decide by the ladder every lamp whose situation changed; command it if its target did."""
    changed = {}
    for lamp, known in state.lamps.items():
        situation = _situation(state, lamp, now_s)
        if situation != known.situation:
            decided = replace(known, situation=situation, ladder=arbitrate(situation))
            changed[lamp] = _commanded(state, lamp, decided, now_s, effects)
    return replace(state, lamps={**state.lamps, **changed}) if changed else state


def _situation(state: State, lamp: str, now_s: float) -> Situation:
    sky, lamp_links = state.sky, state.reach.links[lamp]
    unknown = "" if lamp_links else "no_sensor_near"
    return Situation(
        levels=state.profile.levels,
        dark=sky.dark,
        unknown=unknown if sky.known else "daylight_unknown",
        need=need(lamp_links, state.evidence, now_s),
        override=state.overrides.get(lamp),
        emergency_until_s=state.emergency_until_s,
    )


def _commanded(
    state: State, lamp: str, decided: LampState, now_s: float, effects: list[Effect]
) -> LampState:
    """Begin the fade to what was decided, unless it is what the lamp does already."""
    winner, presence = decided.ladder[0], state.profile.presence
    fresh = state.lamps[lamp].situation is None
    if winner.level_pct == decided.fade.to_pct and not fresh:
        return decided
    level_pct = decided.fade.level_pct_at(now_s)
    fade_s = presence.fade_up_s if winner.level_pct >= level_pct else presence.fade_down_s
    effects.append(FadeLamp(lamp, winner.level_pct, fade_s, winner.reason))
    account = _closed(state, lamp, now_s, baseline_lit=state.sky.baseline_lit)
    if decided.fade.to_pct == level_pct == 0.0 < winner.level_pct:
        account = replace(account, switches=account.switches + 1)
    fade = decided.fade.redirected(winner.level_pct, now_s, fade_s)
    return replace(decided, fade=fade, account=account)


def _closed(state: State, lamp: str, now_s: float, *, baseline_lit: bool) -> Account:
    known = state.lamps[lamp]
    return known.account.closed(
        state.site.lamps[lamp], known.fade, to_s=now_s, baseline_lit=baseline_lit
    )


def _close_accounts(state: State, now_s: float, *, baseline_lit: bool) -> State:
    lamps = {
        lamp: replace(known, account=_closed(state, lamp, now_s, baseline_lit=baseline_lit))
        for lamp, known in state.lamps.items()
    }
    return replace(state, lamps=lamps)


def _record(state: State, now_s: float, effects: list[Effect]) -> State:
    state = _close_accounts(state, now_s, baseline_lit=state.sky.baseline_lit)
    duration_s = now_s - state.recorded_at_s
    records = (known.account.record(state.site.lamps[x]) for x, known in state.lamps.items())
    overhead_wh = state.site.controller_w * duration_s / SECONDS_PER_HOUR
    effects.append(RecordEnergy(duration_s, tuple(records), overhead_wh))
    fresh = {x: replace(known, account=Account(now_s)) for x, known in state.lamps.items()}
    return replace(state, lamps=fresh, recorded_at_s=now_s)


def _wake_at_s(state: State, now_s: float) -> float:
    """Return when the state could next change by itself."""
    return min(t for t in _deadlines_s(state) if t > now_s)


def _deadlines_s(state: State) -> Iterator[float]:
    yield state.recorded_at_s + state.record_s
    yield state.sky.recheck_s
    for known in state.lamps.values():
        for proposal in known.ladder:
            if proposal.until_s is not None:
                yield proposal.until_s
    if state.sky.may_be_dark_nearby:
        for sensor in state.reach.announce_again_s:
            if state.evidence[sensor].occupied:
                yield _announce_again_s(state, sensor)
