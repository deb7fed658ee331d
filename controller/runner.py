"""The host loop: one inbox, one consumer, one writer of state.

It owns the clock. It asks the core at every event and at every deadline, and carries the effects
out. It decides nothing.
"""

import math
from collections.abc import Callable, Mapping
from typing import Protocol, assert_never

from controller.core.effects import AnnouncePassage, Effect, FadeLamp, RecordEnergy
from controller.core.events import Event, Stopped, TimePassed
from controller.core.moment import Moment
from controller.core.state import State
from controller.core.step import step
from controller.devices.ports import LampPort
from controller.inbox import Inbox


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
            case FadeLamp(lamp, level_pct, fade_s):
                if lamp in self._lamps:
                    self._lamps[lamp].fade_to(level_pct, fade_s)
            case AnnouncePassage():
                self._outlet.announce(effect)
            case RecordEnergy():
                self._outlet.record(effect)
            case _:
                assert_never(effect)
