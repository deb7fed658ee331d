"""Reference schemes: how others light a path, from the same sensors. Events only, no truth.

Every scheme with a base level has the same one as cyclelight, and lamps are off by day. A hold
counts from the fall of a sensor's output, as cyclelight's does. Fixed zones count lamps: "two on
either side" are the two next ones along every branch.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import time
from typing import Protocol

from controller.core.fade import FULL_PCT
from controller.core.path import Path
from controller.core.profile import Levels
from firmware_sim.intervals import Interval, union
from firmware_sim.levels import FadeCommand
from firmware_sim.neighbours import Neighbour, Neighbourhood
from firmware_sim.sensors import LevelChange
from firmware_sim.span import NightSpan
from firmware_sim.wishes import Fades, Wish, fulfil
from firmware_sim.world import World

BASE_PCT = Levels().base_pct
LATE_FROM, LATE_TO = time(23), time(5)
AT_ONCE = Fades(0.0, 0.0)


class Scheme(Protocol):
    """A way to light a path."""

    def light(self, world: World) -> list[FadeCommand]:
        """Return the commands of a night, lamp after lamp; the world's people are not looked at."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Full light from dusk to dawn, `late_pct` between 23:00 and 05:00. No sensors, no fades."""

    late_pct: float = FULL_PCT

    def light(self, world: World) -> list[FadeCommand]:
        """Light all lamps alike."""
        span = world.span
        late_s = (span.time_s(0, LATE_FROM), span.time_s(1, LATE_TO))
        evening, morning = (0.0, late_s[0]), (late_s[1], float(span.dark_end_s))
        plan = _tonight(span, [Wish(FULL_PCT, evening), Wish(self.late_pct, late_s)])
        plan += _tonight(span, [Wish(FULL_PCT, morning)])
        return fulfil(world.path, span, dict.fromkeys(_ids(world.path), plan), AT_ONCE)


@dataclass(frozen=True, slots=True)
class Zone:
    """Each sensor lights fixed lamps around its own for a hold.

    `behind` and `ahead`: share of full light (0..1) of the own lamp and the next ones, ahead being
    the direction of growing chainage, whichever way somebody goes.
    """

    behind: tuple[float, ...]
    ahead: tuple[float, ...]
    hold_s: float
    fades: Fades = field(default_factory=Fades)

    def light(self, world: World) -> list[FadeCommand]:
        """Light the zones of all sensors that report somebody, the rest at the base level."""
        path, span = world.path, world.span
        neighbourhood, own = Neighbourhood(path), Neighbourhood(path).nearest()
        most = max(len(self.behind), len(self.ahead)) - 1
        lit: dict[str, dict[float, list[Interval]]] = {lamp.id: {} for lamp in path.lamps}
        for sensor, held in holds(world.sensed.changes, span, self.hold_s).items():
            for near in neighbourhood.around(own[sensor], most):
                if share := self._share(near):
                    lit[near.lamp].setdefault(share, []).extend(held)
        return fulfil(path, span, {x: _wishes(span, found) for x, found in lit.items()}, self.fades)

    def _share(self, near: Neighbour) -> float:
        shares = self.ahead if near.ahead else self.behind
        return shares[near.away] if near.away < len(shares) else 0.0


@dataclass(frozen=True, slots=True)
class WholePath:
    """Any sensor lights every lamp for a hold."""

    hold_s: float

    def light(self, world: World) -> list[FadeCommand]:
        """Light all lamps alike."""
        path, span = world.path, world.span
        held = holds(world.sensed.changes, span, self.hold_s).values()
        wishes = _wishes(span, {1.0: [one for intervals in held for one in intervals]})
        return fulfil(path, span, dict.fromkeys(_ids(path), wishes), Fades())


@dataclass(frozen=True, slots=True)
class Base:
    """The base level all night: less light, and less energy, no scheme may have."""

    def light(self, world: World) -> list[FadeCommand]:
        """Light all lamps alike."""
        wishes = _wishes(world.span, {})
        return fulfil(world.path, world.span, dict.fromkeys(_ids(world.path), wishes), Fades())


def own_lamp(hold_s: float) -> Zone:
    """Let each sensor light its own lamp."""
    return Zone((1.0,), (1.0,), hold_s)


def zone_2(hold_s: float) -> Zone:
    """Let each sensor light its own lamp and two on either side."""
    return Zone((1.0,) * 3, (1.0,) * 3, hold_s)


def muenster(hold_s: float) -> Zone:
    """Light the Kanalpromenade as published: one lamp behind, two ahead, 3 s to full light.

    Its sensors do not tell directions; half of the riders have the zone the wrong way round.
    """
    return Zone((1.0,) * 2, (1.0,) * 3, hold_s, Fades(up_s=3.0))


def graded(hold_s: float) -> Zone:
    """Let light fall off to both sides, like TALiSMaN's; a reconstruction."""
    return Zone((1.0, 1.0, 0.6, 0.3), (1.0, 1.0, 0.6, 0.3), hold_s)


def holds(
    changes: Iterable[LevelChange], span: NightSpan, hold_s: float
) -> dict[str, list[Interval]]:
    """Return by sensor when it is high or has fallen less than `hold_s` ago.

    Who is still there at the end of the run holds until then.
    """
    found: dict[str, list[Interval]] = {}
    risen: dict[str, float] = {}
    for change in changes:
        if change.active:
            risen.setdefault(change.sensor, change.time_s)
        elif (begin_s := risen.pop(change.sensor, None)) is not None:
            held = found.setdefault(change.sensor, [])
            held.append((begin_s, change.time_s + hold_s))
    for sensor, begin_s in risen.items():
        found.setdefault(sensor, []).append((begin_s, float(span.end_s)))
    return {sensor: union(held) for sensor, held in found.items()}


def _wishes(span: NightSpan, lit: dict[float, list[Interval]]) -> list[Wish]:
    """Return the base level all night and, by share of full light, what is lit above it."""
    night = (0.0, float(span.dark_end_s))
    above = (Wish(FULL_PCT * share, i) for share, held in lit.items() for i in union(held))
    return _tonight(span, [Wish(BASE_PCT, night), *above])


def _tonight(span: NightSpan, wishes: Iterable[Wish]) -> list[Wish]:
    """Cut what lies before dusk and after dawn."""
    dawn_s = float(span.dark_end_s)
    cut = (
        (wish.level_pct, max(wish.during[0], 0.0), min(wish.during[1], dawn_s)) for wish in wishes
    )
    return [
        Wish(level_pct, (begin_s, end_s)) for level_pct, begin_s, end_s in cut if begin_s < end_s
    ]


def _ids(path: Path) -> list[str]:
    return [lamp.id for lamp in path.lamps]
