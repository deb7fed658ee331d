"""Draw docs/pictures/presence-scenes.png: what the tracker makes of a few people.

    python -m bench.presence_pictures

Four scenes on a straight path of twelve lamps 35 m apart, run through the real core of two nodes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path as FilePath

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from controller.core.path import Path
from controller.core.profile import Profile
from firmware_sim.layouts import straight
from firmware_sim.levels import by_lamp
from firmware_sim.people import Kind, Person, Waypoint
from firmware_sim.plots import legend_handles, offsets_of, paint_light, paint_way, save
from firmware_sim.sensors import OUTPUT_HOLD_S, Grade, LevelChange, sense
from firmware_sim.simulation import simulate
from firmware_sim.span import night_span
from firmware_sim.world import World

OUT = FilePath(__file__).resolve().parent.parent / "docs" / "pictures"
LAMPS = 12
# Riders who teach the sensors' habits before anything is shown.
TEACHERS = 8
TEACHER_EVERY_S = 120.0
BEGIN_S = 3600.0
PERFECT = Grade(detection_probability=1.0, false_alarms_per_h=1e-9)

Course = tuple[Kind, tuple[tuple[float, float], ...]]
Change = Callable[[list[LevelChange]], Iterable[LevelChange]]


@dataclass(frozen=True)
class Scene:
    """What is shown: people as (kind, ((time in s, place in m), ...)), and sensors changed."""

    title: str
    people: tuple[Course, ...]
    seconds: float
    change: Change = list


def main() -> None:
    """Draw and write."""
    path = short_path()
    length_m = path.sections[0].length_m
    figure, panels = plt.subplots(2, 2, figsize=(15, 10), layout="constrained")
    for axes, scene in zip(panels.flat, scenes(length_m), strict=True):
        draw(axes, path, scene)
    panels[0, 0].legend(handles=legend_handles(detections=True), loc="upper left", framealpha=0.85)
    save(figure, OUT / "presence-scenes.png")


def short_path() -> Path:
    """Return the first twelve lamps of the benchmark's path, at two nodes."""
    whole = straight()
    lamps = tuple(replace(x, node=node_of(i)) for i, x in enumerate(whole.lamps[:LAMPS]))
    sensors = tuple(replace(x, node=node_of(i)) for i, x in enumerate(whole.motion_sensors[:LAMPS]))
    spacing_m = whole.lamps[1].at_m - whole.lamps[0].at_m
    section = replace(whole.sections[0], length_m=LAMPS * spacing_m)
    return replace(
        whole, sections=(section,), nodes=whole.nodes[:2], lamps=lamps, motion_sensors=sensors
    )


def node_of(number: int) -> str:
    return "n1" if number < LAMPS // 2 else "n2"


def scenes(length_m: float) -> list[Scene]:
    rider_m_s, walker_m_s = 5.5, 1.3

    def through(kind: Kind, speed_m_s: float, begin_s: float, *, back: bool = False) -> Course:
        ends_m = (length_m, 0.0) if back else (0.0, length_m)
        return kind, ((begin_s, ends_m[0]), (begin_s + length_m / speed_m_s, ends_m[1]))

    stop_s, stop_m = 20.0 + 187.0 / rider_m_s, 187.0
    return [
        Scene(
            "A rider, then a walker: light runs ahead and is released behind",
            (
                through(Kind.CYCLIST, rider_m_s, 5.0),
                through(Kind.PEDESTRIAN, walker_m_s, 60.0),
            ),
            420.0,
        ),
        Scene(
            "They meet: each keeps the light they need",
            (
                through(Kind.PEDESTRIAN, walker_m_s, 0.0),
                through(Kind.CYCLIST, rider_m_s, 90.0, back=True),
                through(Kind.CYCLIST, 7.0, 150.0),
            ),
            350.0,
        ),
        Scene(
            "A sensor misses the rider (M05), another reports nobody's passage (M09)",
            (through(Kind.CYCLIST, rider_m_s, 20.0),),
            150.0,
            change=missed_and_invented,
        ),
        Scene(
            "The rider stops between two sensors for a minute and rides on",
            (
                (
                    Kind.CYCLIST,
                    (
                        (20.0, 0.0),
                        (stop_s, stop_m),
                        (stop_s + 60.0, stop_m),
                        (stop_s + 60.0 + (length_m - stop_m) / rider_m_s, length_m),
                    ),
                ),
            ),
            200.0,
        ),
    ]


def missed_and_invented(changes: list[LevelChange]) -> Iterable[LevelChange]:
    """Silence one sensor, let another report a flash."""
    alarm_s = BEGIN_S + 115.0
    return [
        *(x for x in changes if x.sensor != "M05" or x.time_s < BEGIN_S),
        LevelChange(alarm_s, "M09", active=True),
        LevelChange(alarm_s + OUTPUT_HOLD_S, "M09", active=False),
    ]


def draw(axes: Axes, path: Path, scene: Scene) -> None:
    section = path.sections[0]
    teachers = [
        person(f"t{i}", Kind.CYCLIST, ((t, 0.0), (t + section.length_m / 5.0, section.length_m)))
        for i in range(TEACHERS)
        for t in [300.0 + i * TEACHER_EVERY_S - BEGIN_S]
    ]
    shown = [person(f"p{i}", *one) for i, one in enumerate(scene.people)]
    people = (*teachers, *shown)
    span = night_span(path, Profile().daylight, date(2025, 1, 15))
    sensed = sense(path, people, PERFECT, 1, (float(span.start_s), float(span.end_s)))
    changes = sorted(scene.change(list(sensed.changes)), key=lambda x: x.time_s)
    world = World(path, span, people, replace(sensed, changes=tuple(changes)), ())
    log = simulate(world, Profile(), 1, lambda _: None)
    during = (BEGIN_S, BEGIN_S + scene.seconds)
    courses = by_lamp(log.commands, (lamp.id for lamp in path.lamps))
    paint_light(axes, path, courses, offsets_of(path), during)
    for one in shown:
        paint_way(axes, one, offsets_of(path), thick=True)
    places = {s.id: s.at_m for s in path.motion_sensors}
    rises = [x for x in changes if x.active and during[0] <= x.time_s <= during[1]]
    axes.scatter(
        [x.time_s for x in rises],
        [places[x.sensor] for x in rises],
        s=14,
        color="white",
        edgecolors="#10152b",
        linewidths=0.6,
        zorder=3,
    )
    axes.set_xlim(during)
    axes.set_ylim(0.0, section.length_m)
    axes.set_xticks(
        [BEGIN_S + s for s in range(0, int(scene.seconds) + 1, 30)],
        [f"{s}" for s in range(0, int(scene.seconds) + 1, 30)],
    )
    axes.set_xlabel("seconds")
    axes.set_ylabel("metres along the path")
    axes.set_title(scene.title, loc="left")


def person(name: str, kind: Kind, points: tuple[tuple[float, float], ...]) -> Person:
    return Person(name, kind, tuple(Waypoint(BEGIN_S + t, "s1", at_m) for t, at_m in points))


if __name__ == "__main__":
    main()
