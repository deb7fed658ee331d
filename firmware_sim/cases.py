"""The cases of the benchmark: a path, a night, its traffic, and what makes it harder."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path as FilePath
from random import Random

from controller.core.path import Path
from controller.core.profile import Profile
from firmware_sim import habits, layouts
from firmware_sim.people import Person
from firmware_sim.riders import COMPANION_SHARE, draw_people
from firmware_sim.sensors import GRADES
from firmware_sim.span import night_span
from firmware_sim.traffic import draw_night, load_traffic
from firmware_sim.world import World, build_world

TRAFFIC = FilePath(__file__).parent.parent / "config" / "traffic"
WINTER, SUMMER = date(2025, 1, 15), date(2025, 6, 18)  # both a Wednesday
GROUPS_SHARE = 0.6

Habit = Callable[[tuple[Person, ...], Random], tuple[Person, ...]]


def _straight_through(people: tuple[Person, ...], _: Random) -> tuple[Person, ...]:
    return people


def _none(_: tuple[Person, ...], __: Random) -> tuple[Person, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Case:
    """One case: `title` is its name for people, `habit` changes the people that were drawn."""

    title: str
    traffic: str = "a5-winter"
    night: date = WINTER
    path: Callable[[], Path] = field(default=layouts.straight)
    habit: Habit = _straight_through
    animals: Habit = _none
    companion_share: float = COMPANION_SHARE

    @property
    def traffic_file(self) -> FilePath:
        """The traffic profile."""
        return TRAFFIC / f"{self.traffic}.toml"

    def world(self, grade: str, seed: int) -> World:
        """Let the night pass once. Raises SettingsError without the traffic profile."""
        path = self.path()
        span = night_span(path, Profile().daylight, self.night)
        bins = draw_night(load_traffic(self.traffic_file), span, seed)
        drawn = draw_people(path, bins, seed, self.companion_share)
        people = self.habit(drawn, Random(f"{seed}/habit"))
        animals = self.animals(people, Random(f"{seed}/animals"))
        world = build_world(path, span, (*people, *animals), GRADES[grade], seed)
        return replace(world, people=people)


TRAFFIC_CASES = {
    "a5-winter": Case("A5 winter"),
    "a6-winter": Case("A6 winter", traffic="a6-winter"),
    "a5-june": Case("A5 June", traffic="a5-june", night=SUMMER),
}
HARDER_CASES = {
    "mid-path": Case("entries and exits in mid-path", habit=habits.in_mid_path),
    "stops": Case("people who stop for minutes", habit=habits.with_stops),
    "u-turns": Case("U-turns", habit=habits.with_turns),
    "groups": Case("groups", companion_share=GROUPS_SHARE),
    "opposing": Case("opposing traffic", habit=habits.opposed),
    "dogs": Case("walkers with dogs", animals=habits.dogs),
    "junction": Case("a path with a junction", path=layouts.junction),
    "spacing-25": Case("lamps every 25 m", path=partial(layouts.straight, 25.0)),
    "spacing-60": Case("lamps every 60 m", path=partial(layouts.straight, 60.0)),
    "half-sensors": Case(
        "sensors at every second lamp", path=partial(layouts.straight, sensor_every=2)
    ),
}
CASES = TRAFFIC_CASES | HARDER_CASES
