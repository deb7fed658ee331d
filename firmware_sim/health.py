"""Weeks on a small path under the eyes of health: day and night, meters and light sensors too."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from functools import partial
from pathlib import Path as FilePath
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from controller.core.energy import SECONDS_PER_HOUR, power_w
from controller.core.events import Event, PowerMeasured
from controller.core.health.alarms import AlarmChange, Vitals
from controller.core.health.examining import EXAMINE_S, examined, healthy, observed
from controller.core.metering import Meter, Metered
from controller.core.path import Lamp, LightSensor, MotionSensor, Node, Path, PowerTable, Section
from controller.core.profile import Profile
from firmware_sim.counts import Bin, read_night
from firmware_sim.disturbances import NONE, Disturbance
from firmware_sim.intervals import Interval, union
from firmware_sim.layouts import LATITUDE_DEG, LONGITUDE_DEG, RATED_W, REACH_M, SPACING_M
from firmware_sim.node import SimulatedNode, Surroundings
from firmware_sim.riders import draw_people
from firmware_sim.sensors import GRADES, OUTPUT_HOLD_S, LevelChange, Sensed
from firmware_sim.simulation import simulate
from firmware_sim.sky import Sky
from firmware_sim.span import DAY_S, MARGIN_S, NightSpan
from firmware_sim.traffic import draw_night, load_traffic
from firmware_sim.world import LUX_EVERY_S, World, build_world

LAMPS = 6
PER_NODE = 3
TIMEZONE = "Europe/Berlin"
READ_EVERY_S = 45.0
# How far lamps and controllers differ from their tables, and readings from the truth. Assumptions.
LAMP_SPREAD, CONTROLLER_SPREAD, READING_SPREAD = 0.05, 0.1, 0.01
SOUND = Vitals(free_bytes=8 * 2**30, undervoltage=False, throttled=False)


def small_path() -> Path:
    """Six lamps with a sensor each, two nodes with a light sensor each."""
    ats_m = [SPACING_M * (i + 0.5) for i in range(LAMPS)]
    nodes = [f"n{1 + i // PER_NODE}" for i in range(LAMPS)]
    power = PowerTable.for_rated(RATED_W)
    return Path(
        tenant="health",
        id="small",
        name="Small path",
        latitude_deg=LATITUDE_DEG,
        longitude_deg=LONGITUDE_DEG,
        timezone=TIMEZONE,
        junctions=("west", "east"),
        sections=(Section("s", "west", "east", LAMPS * SPACING_M),),
        nodes=tuple(Node(n) for n in dict.fromkeys(nodes)),
        lamps=tuple(
            Lamp(f"L{i + 1}", "s", ats_m[i], nodes[i], RATED_W, power) for i in range(LAMPS)
        ),
        motion_sensors=tuple(
            MotionSensor(f"M{i + 1}", "s", ats_m[i], nodes[i], REACH_M) for i in range(LAMPS)
        ),
        light_sensors=tuple(LightSensor(f"X{n[1:]}", n) for n in dict.fromkeys(nodes)),
    )


def days(first: date, number: int) -> NightSpan:
    """Return whole days and nights in a row, from noon on."""
    timezone = ZoneInfo(TIMEZONE)
    noon_s = int(datetime.combine(first, time(12), timezone).timestamp())
    return NightSpan(first, timezone, noon_s, number * DAY_S - MARGIN_S)


def typical(traffic: FilePath, span: NightSpan, seed: int) -> tuple[Bin, ...]:
    """Draw the traffic of these days from an hourly profile. Raises SettingsError."""
    return draw_night(load_traffic(traffic), span, seed)


def counted(counts: FilePath, span: NightSpan) -> tuple[Bin, ...]:
    """Read the traffic of these days from a counter's file. Raises SettingsError."""
    return read_night(counts, span)[1]


def lived(span: NightSpan, bins: Iterable[Bin], grade: str, seed: int) -> World:
    """Let these days pass on the small path; every day has clouds of its own."""
    path = small_path()
    world = build_world(path, span, draw_people(path, bins, seed), GRADES[grade], seed)
    return replace(world, lux=tuple(_lux(span, seed)))


def _lux(span: NightSpan, seed: int) -> Iterator[tuple[float, float]]:
    for day_s in range(0, span.end_s, DAY_S):
        sky = Sky(LATITUDE_DEG, LONGITUDE_DEG, seed * DAY_S + day_s)
        for time_s in range(day_s, min(day_s + DAY_S, span.end_s), LUX_EVERY_S):
            yield float(time_s), sky.lux(span.zero_utc_s + time_s)


class Noise(NamedTuple):
    """Triggers of a sensor without anybody there, from wind for one, from `begin_s` on."""

    sensor: str
    per_h: float
    begin_s: float = 0.0


def with_noise(world: World, noises: Iterable[Noise], seed: int) -> World:
    """Let sensors trigger without anybody there, at random, besides what they see anyway."""
    changes = list(world.sensed.changes)
    for noise in noises:
        own = [change for change in changes if change.sensor == noise.sensor]
        others = [change for change in changes if change.sensor != noise.sensor]
        highs = [(a.time_s, b.time_s) for a, b in zip(own[::2], own[1::2], strict=False)]
        triggers = _triggers(noise, world.span, Random(f"{seed}/noise/{noise.sensor}"))
        changes = others
        for rise_s, fall_s in union([*highs, *triggers]):
            changes.append(LevelChange(round(rise_s, 3), noise.sensor, active=True))
            changes.append(LevelChange(round(fall_s, 3), noise.sensor, active=False))
    changes.sort(key=lambda change: change.time_s)
    return replace(world, sensed=Sensed(tuple(changes), world.sensed.false_alarms))


def _triggers(noise: Noise, span: NightSpan, rng: Random) -> Iterator[Interval]:
    time_s = noise.begin_s
    while (time_s := time_s + rng.expovariate(noise.per_h / SECONDS_PER_HOUR)) < span.end_s:
        yield time_s, time_s + OUTPUT_HOLD_S


@dataclass(slots=True)
class Findings:
    """What health found on all nodes, in order. Times are seconds after time zero."""

    changes: list[AlarmChange] = field(default_factory=list)

    @property
    def raised(self) -> set[str]:
        """The codes of all alarms that were ever raised."""
        return {change.code for change in self.changes if change.raised}

    def first_s(self, code: str, subject: str) -> float | None:
        """Return when an alarm was raised first, in seconds after time zero."""
        times_s = [
            c.at_s for c in self.changes if c.raised and (c.code, c.subject) == (code, subject)
        ]
        return min(times_s, default=None)


class WatchedNode(SimulatedNode):
    """A simulated node with meters, whose health is watched."""

    def __init__(  # noqa: PLR0913 - those of a simulated node, and what is found
        self,
        path: Path,
        profile: Profile,
        node: str,
        around: Surroundings,
        clock_skew_s: float = 0.0,
        *,
        findings: Findings,
        seed: int,
    ) -> None:
        """Start the node. One lamp has a meter of its own, the others share one with the node."""
        super().__init__(path, profile, node, around, clock_skew_s)
        self._findings = findings
        self._rng = Random(f"{seed}/meters/{node}")
        lamps = tuple(self.site.lamps)
        self._gains = {lamp: self._rng.gauss(1.0, LAMP_SPREAD) for lamp in lamps}
        self._controller_w = self.site.controller_w * self._rng.gauss(1.0, CONTROLLER_SPREAD)
        meters = (
            Meter(f"{node}-one", lamps[:1]),
            Meter(f"{node}-rest", lamps[1:], controller=True),
        )
        now_s = self._moment().mono_s
        metered = {meter.id: Metered(meter, now_s) for meter in meters}
        self._state = self._state._replace(meters=metered)
        self._health = healthy(self._state, self._moment())
        self._clock.at(now_s, self._read_meters)
        self._clock.at(now_s + EXAMINE_S, self._examine)

    def take(self, event: Event) -> None:
        """Let the core decide, and health see it."""
        super().take(event)
        self._health = observed(self._health, self._state, self._moment())

    def _examine(self) -> None:
        self._health, changes = examined(self._health, self._state, self._moment(), SOUND)
        self._findings.changes += changes
        self._clock.at(self._clock.now_s + EXAMINE_S, self._examine)

    def _read_meters(self) -> None:
        for metered in tuple(self._state.meters.values()):
            self.take(PowerMeasured(metered.meter.id, self._power_w(metered.meter)))
        self._clock.at(self._clock.now_s + READ_EVERY_S, self._read_meters)

    def _power_w(self, meter: Meter) -> float:
        drawn_w = self._controller_w if meter.controller else 0.0
        for lamp in meter.lamps:
            level_pct = self._fades[lamp].level_pct_at(self._clock.now_s)
            drawn_w += self._gains[lamp] * power_w(self.site.lamps[lamp].power, level_pct)
        return drawn_w * self._rng.gauss(1.0, READING_SPREAD)


def watched(
    world: World, seed: int, disturbance: Disturbance = NONE, profile: Profile | None = None
) -> Findings:
    """Run the world's days and return what health found."""
    findings = Findings()
    make_node = partial(WatchedNode, findings=findings, seed=seed)
    simulate(world, profile or Profile(), seed, lambda _: None, disturbance, make_node=make_node)
    return findings
