"""What is compared: settings, seeds, and which schemes run in which setting."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from controller.core.profile import Profile
from firmware_sim.cases import CASES, HARDER_CASES, TRAFFIC_CASES
from firmware_sim.disturbances import DISTURBANCES
from firmware_sim.schemes import (
    Scheme,
    Timetable,
    WholePath,
    Zone,
    graded,
    muenster,
    own_lamp,
    zone_2,
)
from firmware_sim.sensors import GRADES

MAIN_CASE = "a5-winter"
NOMINAL, UNDISTURBED = "nominal", "none"
ORACLE, CYCLELIGHT = "oracle", "cyclelight"
ZONE_20, MUENSTER = "zone-2-20", "muenster-53"
SEEDS, QUICK_SEEDS = 20, 3
# The core's constants were chosen on the seeds before; what is reported is other nights.
FIRST_SEED = 21


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference scheme with its name for people."""

    title: str
    scheme: Scheme


REFERENCES = {
    "conventional": Reference("conventional, 100 %", Timetable()),
    "off-23-05": Reference("off 23-05 h", Timetable(0.0)),
    "half-23-05": Reference("50 % 23-05 h", Timetable(50.0)),
    "own-60": Reference("own lamp, hold 60 s", own_lamp(60.0)),
    "zone-2-120": Reference("zone ±2, hold 120 s (LEW)", zone_2(120.0)),
    MUENSTER: Reference("Münster -1..+2, hold 53 s", muenster(53.0)),
    "zone-2-53": Reference("zone ±2, hold 53 s", zone_2(53.0)),
    ZONE_20: Reference("zone ±2, hold 20 s", zone_2(20.0)),
    "zone-2-10": Reference("zone ±2, hold 10 s", zone_2(10.0)),
    "graded-12": Reference("graded ±3, hold 12 s", graded(12.0)),
    "whole-120": Reference("whole path, 120 s", WholePath(120.0)),
}
TITLES = {
    CYCLELIGHT: "cyclelight",
    **{name: reference.title for name, reference in REFERENCES.items()},
    ORACLE: "oracle (clairvoyant)",
}
OTHERS_WITH_SENSORS = tuple(
    name for name, reference in REFERENCES.items() if isinstance(reference.scheme, Zone)
)
RIVALS = (ZONE_20, MUENSTER)


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a swept scheme: its name among a night's schemes, and the value in seconds."""

    name: str
    value_s: float


@dataclass(frozen=True, slots=True)
class Family:
    """A scheme whose hold is swept, for energy at equal service."""

    title: str
    points: tuple[Point, ...]


def _family(name: str, title: str, values_s: Iterable[float]) -> Family:
    return Family(title, tuple(Point(f"{name}/{v:g}", v) for v in values_s))


CYCLELIGHT_HOLDS_S = (0.0, 2.0, 10.0)
FAMILIES = {
    CYCLELIGHT: _family(CYCLELIGHT, "cyclelight", CYCLELIGHT_HOLDS_S),
    "zone": _family("zone", "zone ±2", (5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 53.0, 120.0)),
    "own": _family("own", "own lamp", (5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 240.0)),
    "muenster": _family(
        "muenster", "Münster -1..+2", (5.0, 10.0, 20.0, 30.0, 53.0, 120.0, 240.0, 480.0)
    ),
}
SWEPT = {"zone": zone_2, "own": own_lamp, "muenster": muenster}


@dataclass(frozen=True, slots=True)
class Setting:
    """A night's circumstances, but for its seed."""

    case: str
    grade: str = NOMINAL
    disturbance: str = UNDISTURBED

    @property
    def title(self) -> str:
        """The case's name for people."""
        return CASES[self.case].title

    @property
    def undisturbed(self) -> bool:
        """Whether sensors are nominal and nothing is broken."""
        return (self.grade, self.disturbance) == (NOMINAL, UNDISTURBED)


@dataclass(frozen=True, slots=True)
class Job:
    """One night to be lit by every scheme of its setting."""

    setting: Setting
    seed: int

    @property
    def key(self) -> str:
        """The job's name in the file of results."""
        where = self.setting
        return f"{where.case}/{where.grade}/{where.disturbance}/{self.seed}"


def settings(cases: Iterable[str], *, quick: bool) -> list[Setting]:
    """Return all settings of these cases in the order they are told; quick: traffic cases only."""
    wanted = set(cases)
    traffic = [case for case in TRAFFIC_CASES if case in wanted]
    found = [Setting(case) for case in traffic]
    if quick:
        return found
    found += [Setting(case, grade) for grade in GRADES if grade != NOMINAL for case in traffic]
    if MAIN_CASE in wanted:
        broken = (name for name in DISTURBANCES if name != UNDISTURBED)
        found += [Setting(MAIN_CASE, disturbance=name) for name in broken]
    return found + [Setting(case) for case in HARDER_CASES if case in wanted]


def nights(setting: Setting, seeds: int) -> list[Job]:
    """Return so many nights of one setting, by seed."""
    return [Job(setting, FIRST_SEED + number) for number in range(seeds)]


def jobs(where: Iterable[Setting], seeds: int) -> list[Job]:
    """Return the nights of all settings, each seed of every setting before the next seed."""
    by_setting = [nights(setting, seeds) for setting in where]
    return [job for together in zip(*by_setting, strict=True) for job in together]


def references(where: Setting) -> dict[str, Scheme]:
    """Return the reference schemes of a setting, by name.

    Where something is broken there are none: how others break is not known.
    """
    if where.disturbance != UNDISTURBED:
        return {}
    if where.grade != NOMINAL:
        return _named(RIVALS)
    if where.case not in TRAFFIC_CASES:
        return _named(OTHERS_WITH_SENSORS)
    return _named(REFERENCES) | (_swept() if where.case == MAIN_CASE else {})


def profiles(where: Setting) -> dict[str, Profile]:
    """Return the settings of cyclelight to run, by name; without a value the defaults."""
    usual = Profile()
    found = {CYCLELIGHT: usual}
    if where == Setting(MAIN_CASE):
        for point in FAMILIES[CYCLELIGHT].points:
            presence = replace(usual.presence, hold_s=point.value_s)
            found[point.name] = replace(usual, presence=presence)
    return found


def _named(names: Iterable[str]) -> dict[str, Scheme]:
    return {name: REFERENCES[name].scheme for name in names}


def _swept() -> dict[str, Scheme]:
    return {
        point.name: scheme(point.value_s)
        for family, scheme in SWEPT.items()
        for point in FAMILIES[family].points
    }
