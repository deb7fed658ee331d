"""Lamps: decided by the ladder, commanded when their target changes; their energy is booked."""

import math
from collections.abc import Iterable

from controller.core.arbitration import OrderedLevel, Proposal, Situation, arbitrate
from controller.core.effects import Effect, FadeLamp
from controller.core.energy import Account, Conventional
from controller.core.state import LampState, State
from controller.core.watch import Need, need, unknown


def driven(
    state: State, lamps: Iterable[str], now_s: float, effects: list[Effect], *, needs_only: bool
) -> State:
    """Decide these lamps, whose situation may have changed; command those whose target did.

    `needs_only`: nothing has changed but whether somebody needs them.
    """
    changed: dict[str, LampState] = {}
    due_s: dict[str, float] = {}
    for lamp in lamps:
        situation = state.lamps[lamp].situation
        lit = situation is not None and situation.need is not None
        needed, due_s[lamp] = need(state.watch, state.site, lamp, now_s, lit=lit)
        if needs_only and situation is not None and lit == (needed is not None):
            continue
        now = _situation(state, lamp, needed)
        if situation is None or not now.same_as(situation):
            changed[lamp] = _commanded(state, lamp, now, now_s, effects)
    if not due_s:
        return state
    lamps_after = {**state.lamps, **changed} if changed else state.lamps
    return state._replace(lamps=lamps_after, due_s={**state.due_s, **due_s})


def _situation(state: State, lamp: str, needed: Need | None) -> Situation:
    """Return what bears on a lamp."""
    sky = state.sky
    return Situation(
        orders=state.schedule.by_section[state.site.lamps[lamp].section],
        dark=sky.dark,
        unknown=unknown(state.watch, state.site, lamp) if sky.known else "daylight_unknown",
        need=needed,
        override=_ordered(state, lamp),
        emergency_until_s=state.emergency_until_s,
    )


def _ordered(state: State, lamp: str) -> OrderedLevel | None:
    pulse = state.pulses.get(lamp)
    return state.overrides.get(lamp) if pulse is None else pulse.ordered


def ladder(state: State, lamp: str, now_s: float) -> tuple[Proposal, ...]:
    """Return who wants what of a lamp now, the winner first: why it is as it is."""
    situation = state.lamps[lamp].situation
    lit = situation is not None and situation.need is not None
    needed, _ = need(state.watch, state.site, lamp, now_s, lit=lit)
    return arbitrate(_situation(state, lamp, needed))


def _commanded(
    state: State, lamp: str, situation: Situation, now_s: float, effects: list[Effect]
) -> LampState:
    """Begin the fade to what was decided, unless it is what the lamp does already."""
    known, presence = state.lamps[lamp], state.profile.presence
    winner = arbitrate(situation)[0]
    colour_k, before = situation.orders.colour_k, known.situation
    if (
        before is not None
        and winner.level_pct == known.fade.to_pct
        and colour_k == before.orders.colour_k
    ):
        if (before.need is None) != (situation.need is None):
            known = known._replace(account=_closed(state, lamp, now_s, conventional(state)))
        return known._replace(situation=situation)
    level_pct = known.fade.level_pct_at(now_s)
    fade_s = presence.fade_up_s if winner.level_pct >= level_pct else presence.fade_down_s
    effects.append(FadeLamp(lamp, winner.level_pct, fade_s, winner.reason, colour_k))
    account = _closed(state, lamp, now_s, conventional(state))
    if known.fade.to_pct == level_pct == 0.0 < winner.level_pct:
        account = account._replace(switches=account.switches + 1)
    fade = known.fade.redirected(winner.level_pct, now_s, fade_s)
    return LampState(fade, situation, account)


def _closed(state: State, lamp: str, now_s: float, lit: Conventional) -> Account:
    known, situation = state.lamps[lamp], state.lamps[lamp].situation
    detected = situation is not None and situation.dark and situation.need is not None
    return known.account.closed(
        state.site.lamps[lamp], known.fade, to_s=now_s, conventional=lit, detected=detected
    )


def conventional(state: State) -> Conventional:
    """Return how conventional lamps would burn in this state."""
    return Conventional(state.sky.baseline_lit, state.schedule.late, state.profile.baseline)


def booked(state: State, now_s: float, lit: Conventional) -> State:
    """Book every lamp's energy up to now; conventional lamps burned as `lit` says."""
    lamps = {
        lamp: known._replace(account=_closed(state, lamp, now_s, lit))
        for lamp, known in state.lamps.items()
    }
    return state._replace(lamps=lamps, hours=state.hours.closed(now_s, lit))


def next_due_s(state: State) -> float:
    """Return when the first lamp's need could change by itself."""
    return min(state.due_s.values(), default=math.inf)
