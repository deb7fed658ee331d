"""Constant light output: what lamps need of their output for their full light as they burn.

LEDs lose light over the years. A lamp that has reserves is run at less while it is new, and the
reserve is spent by the hours that it has burned; people see the same light all its life. Nothing
else knows of it: levels are shares of that light, and the lamp's power table is kept by level.

Until the ledger has said how long a lamp burned before, it is run at all its output: rather too
bright than too dark.
"""

from collections.abc import Mapping
from dataclasses import replace

from controller.core.effects import Effect, FadeLamp
from controller.core.energy import SECONDS_PER_HOUR, power_at_output
from controller.core.lamps import booked, conventional, ladder
from controller.core.path import Lamp
from controller.core.state import State


def recalled(state: State, ledger_h: Mapping[str, float]) -> State:
    """Take what the ledger says. A lamp that it does not know has never burned."""
    ageing = (lamp.id for lamp in state.site.lamps.values() if lamp.clo is not None)
    return state._replace(ledger_h={lamp: ledger_h.get(lamp, 0.0) for lamp in ageing})


def burned(state: State) -> Mapping[str, float]:
    """Return the hours with what burned since the last record, which is about to be closed."""
    if not state.ledger_h:
        return state.ledger_h
    return {
        lamp: hours + state.lamps[lamp].account.burn_s / SECONDS_PER_HOUR
        for lamp, hours in state.ledger_h.items()
    }


def aged(state: State, now_s: float, effects: list[Effect]) -> State:
    """Ask lamps for the output that their hours call for, where that is another than now."""
    built = (state.site.as_built(x) for x in state.ledger_h)
    lamps = {
        x.id: _aged(x, x.clo.output_pct(state.ledger_h[x.id])) for x in built if x.clo is not None
    }
    other = {x: y for x, y in lamps.items() if y.output_pct != state.site.lamps[x].output_pct}
    if not other:
        return state
    state = booked(state, now_s, conventional(state))
    lit = (lamp for lamp in other if state.lamps[lamp].fade.to_pct > 0.0)
    effects.extend(_same_level(state, lamp, now_s) for lamp in lit)
    return state._replace(site=replace(state.site, lamps={**state.site.lamps, **other}))


def _aged(built: Lamp, output_pct: float) -> Lamp:
    return replace(built, output_pct=output_pct, power=power_at_output(built.power, output_pct))


def _same_level(state: State, lamp: str, now_s: float) -> FadeLamp:
    """Return the command for the level that a lit lamp has, or is on its way to in due time."""
    fade = state.lamps[lamp].fade
    fade_s = fade.end_s - now_s if now_s < fade.end_s else state.profile.presence.fade_down_s
    colour_k = state.schedule.by_section[state.site.lamps[lamp].section].colour_k
    return FadeLamp(lamp, fade.to_pct, fade_s, ladder(state, lamp, now_s)[0].reason, colour_k)
