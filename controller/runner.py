"""The host loop: one inbox, one consumer, one writer of state.

It owns the clock. It asks the core at every event and at every deadline, and carries the effects
out. It decides nothing.
"""

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol, assert_never

import structlog

from controller.core.effects import AnnouncePassage, Effect, FadeLamp, RecordEnergy
from controller.core.events import Event, Stopped, TimePassed
from controller.core.fade import FULL_PCT
from controller.core.moment import Moment
from controller.core.state import State
from controller.core.step import step
from controller.devices.ports import LampPort
from controller.inbox import Inbox

_log = structlog.get_logger()


class Outlet(Protocol):
    """Where effects that concern no lamp go. Nothing here may block or raise."""

    def announce(self, passage: AnnouncePassage) -> None:
        """Tell the neighbours."""

    def record(self, record: RecordEnergy) -> None:
        """Keep a closed energy record."""

    def changed(self, state: State) -> None:
        """Report the new state when there is time."""


class Runner:
    """Runs the core on a live node."""

    def __init__(
        self,
        state: State,
        *,
        inbox: Inbox,
        moment: Callable[[], Moment],
        lamps: Mapping[str, LampPort],
        outlet: Outlet,
    ) -> None:
        """Take the state to begin with. `lamps`: the ports of the lamps that are wired."""
        self.state = state
        self._inbox = inbox
        self._moment = moment
        self._lamps = lamps
        self._outlet = outlet
        self._wake_at_s = -math.inf

    def begin(self) -> None:
        """Take the first decision: from here on the lamps are under control."""
        self._decide(TimePassed())

    async def run(self, beat: Callable[[], None], beat_s: float | None) -> None:
        """Decide until `Stopped` comes. `beat` is called every turn, at most `beat_s` apart."""
        event = None
        while not isinstance(event, Stopped):
            wait_s = max(0.0, self._wake_at_s - self._moment().mono_s)
            event = await self._inbox.get(wait_s if beat_s is None else min(wait_s, beat_s))
            self._decide(event or TimePassed())
            beat()

    def _decide(self, event: Event) -> None:
        before = self.state
        decision = step(before, event, self._moment())
        self.state = decision.state
        self._wake_at_s = decision.wake_at_s
        for effect in decision.effects:
            self._carry_out(effect)
        if decision.state is not before:
            self._outlet.changed(decision.state)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case FadeLamp():
                self._fade(effect)
            case AnnouncePassage():
                self._outlet.announce(effect)
            case RecordEnergy():
                self._outlet.record(effect)
            case _:
                assert_never(effect)

    def _fade(self, effect: FadeLamp) -> None:
        """Hand a fade to a lamp's driver. A fault of ours in one must not take others along."""
        port = self._lamps.get(effect.lamp)
        if port is None:
            return
        lamp = self.state.site.lamps[effect.lamp]
        try:
            port.fade_to(
                lamp.output_at(effect.level_pct), effect.fade_s, lamp.tuned_k(effect.colour_k)
            )
        except Exception:  # noqa: BLE001 - whatever it is, it must not darken the path
            _log.exception("lamp_not_set", lamp=effect.lamp)
            with suppress(Exception):
                port.fade_to(FULL_PCT, 0.0)
