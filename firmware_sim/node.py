"""One simulated node: the decision core under a virtual clock, with ideal lamps.

Virtual seconds after time zero, and a node's own skew, serve as its monotonic clock.
"""

import math
from dataclasses import dataclass, field

from controller.core.effects import AnnouncePassage, FadeLamp, RecordEnergy
from controller.core.events import Event, MotionReported, PassageHeard, TimePassed
from controller.core.fade import FULL_PCT, holding
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Profile
from controller.core.site import build_site
from controller.core.state import begin
from controller.core.step import step
from firmware_sim.clock import VirtualClock
from firmware_sim.levels import FadeCommand
from firmware_sim.network import Bus


@dataclass(slots=True)
class Log:
    """What all nodes of a path did, in order."""

    commands: list[FadeCommand] = field(default_factory=list)
    records: list[RecordEnergy] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a simulated node lives in. `zero_utc_s`: POSIX seconds at time zero."""

    clock: VirtualClock
    bus: Bus
    zero_utc_s: float
    log: Log


class SimulatedNode:
    """Hosts one core: keeps its state and wake-up, carries its effects out."""

    def __init__(
        self,
        path: Path,
        profile: Profile,
        node: str,
        around: Surroundings,
        clock_skew_s: float = 0.0,
    ) -> None:
        """Start the node now. Lamps are at full until they are told otherwise.

        `clock_skew_s`: how much its clocks, monotonic and UTC, are ahead.
        """
        self.id = node
        self._skew_s = clock_skew_s
        self._woken_at_s = -math.inf
        self.site = build_site(path, node)
        self._around = around
        self._clock = around.clock
        self._state = begin(self.site, profile, self._moment())
        self._fades = {lamp: holding(FULL_PCT, self._clock.now_s) for lamp in self.site.lamps}
        self._wake_at_s: float | None = None
        for other in sorted(self.site.heard_nodes):
            around.bus.listen(node, other, self.site.sensors, self._hear)

    def report(self, sensor: str, *, active: bool) -> None:
        """Let one of the node's motion sensors change its level now."""
        self.take(MotionReported(sensor, active, self._mono_s()))

    def take(self, event: Event) -> None:
        """Let the core decide about an event and do what it says."""
        decision = step(self._state, event, self._moment())
        self._state = decision.state
        for effect in decision.effects:
            match effect:
                case FadeLamp():
                    self._fade(effect)
                case AnnouncePassage():
                    self._around.bus.announce(self.id, effect)
                case RecordEnergy():
                    self._around.log.records.append(effect)
        self._wake(decision.wake_at_s)

    def _hear(self, passage: PassageHeard, sent_s: float) -> None:
        """Take a neighbour's announcement; note how long after its sensor's edge a lamp reacts."""
        log = self._around.log
        before = len(log.commands)
        self.take(passage)
        if len(log.commands) > before and any(c.to_pct > c.from_pct for c in log.commands[before:]):
            log.latencies_s.append(self._clock.now_s - sent_s + passage.age_s)

    def _mono_s(self) -> float:
        # The sum may be rounded to just before the time that the node asked to be woken at.
        return max(self._clock.now_s + self._skew_s, self._woken_at_s)

    def _moment(self) -> Moment:
        mono_s = self._mono_s()
        return Moment(mono_s, self._around.zero_utc_s + mono_s)

    def _fade(self, effect: FadeLamp) -> None:
        now_s = self._clock.now_s
        fade = self._fades[effect.lamp].redirected(effect.level_pct, now_s, effect.fade_s)
        self._fades[effect.lamp] = fade
        self._around.log.commands.append(
            FadeCommand(now_s, effect.lamp, fade.from_pct, fade.to_pct, fade.fade_s, effect.reason)
        )

    def _wake(self, at_s: float) -> None:
        """Keep the newest wake-up only; one that was overtaken does nothing.

        `at_s` is on the node's own clock.
        """
        if at_s == self._wake_at_s:
            return
        self._wake_at_s = at_s
        self._clock.at(at_s - self._skew_s, lambda: self._woken(at_s))

    def _woken(self, at_s: float) -> None:
        if at_s == self._wake_at_s:
            self._wake_at_s, self._woken_at_s = None, at_s
            self.take(TimePassed())
