"""People on a row of sensors, told to the tracks alone and with exact times."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from controller.core.habits import Habit
from controller.core.path import Path
from controller.core.presence import Evidence, reported, unheard
from controller.core.profile import Presence
from controller.core.site import build_site
from controller.core.track import Ground, Track
from controller.core.tracks import Tracks, glimpsed, left, passed, reviewed
from controller.core.watch import ground_of
from controller.core.ways import Heading
from tests.core.build import REACH_M, SPACING_M, straight_path

P = Presence()
GRAVITY_M_S2 = 9.81
WALKERS_PREVIEW_M = 15.0
START_S = 1000.0
SPEED_M_S = 5.0
NEXT_S = SPACING_M / SPEED_M_S  # from one sensor of the row to the next at that speed
ALONE_S = 2.0 * REACH_M / SPEED_M_S  # a sensor sees somebody alone for so long
LATER_S = 600.0  # by then everybody has left the row
NIGHT_S = START_S + 12.0 * 3600.0
NEW = Habit()  # of a sensor of which nothing is known
MISS = math.log(1.0 - 0.95)  # what its not seeing somebody takes away from the odds


def sight_m(speed_m_s: float, presence: Presence = P) -> float:
    """How far ahead there must be light: the way to stop on a wet path, for walkers 15 m."""
    braking_m = speed_m_s**2 / (2.0 * GRAVITY_M_S2 * presence.friction)
    stopping_m = presence.reaction_s * speed_m_s + braking_m
    return max(WALKERS_PREVIEW_M, min(presence.preview_cap_m, stopping_m))


def ground_on(path: Path, presence: Presence = P) -> Ground:
    """A path as tracks of its first node see it."""
    return ground_of(build_site(path, path.nodes[0].id), presence)


ROW = ground_on(straight_path(12, 12))
RIDER = Track(
    sensor="M02",
    rise_s=START_S,
    headings=(Heading("M02", forward=True),),
    tail_s=0.0,
    odds=9.0,
    speed_m_s=SPEED_M_S,
    hits=4,
)
"""Somebody alone, well known, who rides along the row."""


@dataclass
class Crowd:
    """Sensors that see people, and the tracks that are told."""

    tracks: Tracks = field(default_factory=lambda: Tracks.none(ROW))
    evidence: dict[str, Evidence] = field(init=False)

    def __post_init__(self) -> None:
        self.evidence = {sensor: unheard(0.0) for sensor in self.tracks.ground.sensors}

    @property
    def only(self) -> Track:
        [track] = self.tracks.live
        return track

    def habit(self, sensor: str) -> Habit:
        return self.tracks.habits[sensor]

    def learn(self, sensor: str, habit: Habit) -> None:
        self.tracks = self.tracks.learned(sensor, habit)

    def rise(self, sensor: str, at_s: float) -> None:
        """Let a sensor begin to see somebody."""
        before = self.evidence[sensor]
        self.evidence[sensor] = reported(before, active=True, at_s=at_s)
        self.tracks = passed(self.tracks, sensor, at_s, before.inactive_at_s)

    def fall(self, sensor: str, at_s: float) -> None:
        """Let a sensor see nobody any more."""
        before = self.evidence[sensor]
        self.evidence[sensor] = reported(before, active=False, at_s=at_s)
        self.tracks = left(self.tracks, sensor, before.active_at_s, at_s)

    def occupy(self, sensor: str, since_s: float) -> None:
        """Let a sensor see somebody of whom the tracks are not told."""
        self.evidence[sensor] = reported(self.evidence[sensor], active=True, at_s=since_s)

    def see(self, sensor: str, at_s: float, seconds: float = ALONE_S) -> None:
        """Let a sensor see somebody for a while."""
        self.rise(sensor, at_s)
        self.fall(sensor, at_s + seconds)

    def glimpse(self, sensor: str, until_s: float) -> None:
        """Let the end of a passage be heard whose beginning was not."""
        known = reported(self.evidence[sensor], active=True, at_s=until_s)
        self.evidence[sensor] = reported(known, active=False, at_s=until_s)
        self.tracks = glimpsed(self.tracks, sensor, until_s)

    def review_to(self, until_s: float) -> list[float]:
        """Draw conclusions exactly when they are due; returns when."""
        whens: list[float] = []
        while dues_s := [t.review_s for t in self.tracks.live if t.review_s <= until_s]:
            whens.append(min(dues_s))
            self.tracks = reviewed(self.tracks, self.evidence, whens[-1])
        return whens

    def play(self, *passages: "Passages") -> None:
        """Let people come by, each sensor seeing one or more of them; conclude when it is due."""
        there: dict[str, int] = {}
        for at_s, sensor, change in sorted(one for those in passages for one in those):
            self.review_to(at_s)
            before = there.get(sensor, 0)
            there[sensor] = before + change
            if before == 0:
                self.rise(sensor, at_s)
            elif there[sensor] == 0:
                self.fall(sensor, at_s)


Passages = list[tuple[float, str, int]]
"""When at which sensor one comes (1) or leaves (-1)."""


def riding(
    numbers: Iterable[int],
    start_s: float = START_S,
    *,
    speed_m_s: float = SPEED_M_S,
    output_s: float = 0.0,
) -> Passages:
    """Somebody alone who is seen by these sensors of the row, by the first of them at `start_s`.

    `output_s`: how long outputs stay high after they have left.
    """
    first, *others = numbers
    seen_s = 2.0 * REACH_M / speed_m_s + output_s
    passages = []
    for number in (first, *others):
        rise_s = start_s + abs(number - first) * SPACING_M / speed_m_s
        sensor = f"M{number:02}"
        passages += [(rise_s, sensor, 1), (rise_s + seen_s, sensor, -1)]
    return passages


def both(sensor: str) -> tuple[Heading, Heading]:
    return Heading(sensor, forward=True), Heading(sensor, forward=False)


def forward(sensor: str) -> tuple[Heading]:
    return (Heading(sensor, forward=True),)


def after(*passages: list[tuple[float, str, int]]) -> Crowd:
    crowd = Crowd()
    crowd.play(*passages)
    return crowd


def gain(habit: Habit = NEW, at_s: float = START_S) -> float:
    """What a confirmation adds to the odds: it is seen, or it is seen by chance in 7 s."""
    by_chance = habit.false_alarms_per_h(at_s) / 3600.0 * 7.0
    return math.log(habit.detection_probability / by_chance)


def holding(hold_s: float) -> Habit:
    """Of a sensor it is known for how long its output stays high."""
    habit = NEW
    for _ in range(5):
        habit = habit.with_seen(hold_s)
    assert habit.hold_s == hold_s
    return habit


def speeds(crowd: Crowd) -> dict[tuple[str, bool], float]:
    """By where somebody was seen last, and in which direction, how fast they are."""
    return {
        (t.sensor, t.headings[0].forward): round(t.speed_m_s or 0.0, 6) for t in crowd.tracks.live
    }
