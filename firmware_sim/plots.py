"""Pictures of a simulated night. Imports matplotlib, as `compare.pictures` does: nobody else."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path as FilePath

import matplotlib as mpl
import numpy as np

mpl.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from controller.core.energy import SECONDS_PER_HOUR, power_w
from controller.core.fade import FULL_PCT
from controller.core.path import Path
from firmware_sim.geometry import lamp_cells
from firmware_sim.intervals import Interval
from firmware_sim.levels import FadeCommand, by_lamp, energy_wh, pieces
from firmware_sim.people import Kind, Person
from firmware_sim.span import NightSpan
from firmware_sim.world import World

Courses = dict[str, list[FadeCommand]]

LIGHT = LinearSegmentedColormap.from_list("light", ["#10152b", "#3a3550", "#b8863b", "#ffe9a8"])
COLOURS = {Kind.CYCLIST: "#5fd0ff", Kind.PEDESTRIAN: "#ff7eb6"}
NAMES = {Kind.CYCLIST: "cyclists", Kind.PEDESTRIAN: "walkers"}
COLUMNS = 1500
SAMPLES_PER_COLUMN = 4
ZOOM_S = 600.0
LEGIBLE_ENTRIES = 8
DPI = 130


def draw_night(out: FilePath, world: World, commands: Sequence[FadeCommand]) -> None:
    """Write `night.png`, `zoom.png` and `energy.png` into the directory `out`. Raises OSError."""
    courses = by_lamp(commands, (lamp.id for lamp in world.path.lamps))
    run = (float(world.span.start_s), float(world.span.end_s))
    save(_space_time(world, courses, run, zoomed=False), out / "night.png")
    save(_space_time(world, courses, busy_stretch(world), zoomed=True), out / "zoom.png")
    save(_energy(world, courses), out / "energy.png")


def save(figure: Figure, file: FilePath) -> None:
    """Write a picture and let go of it. Raises OSError."""
    # Without the software's name the bytes depend on the picture only.
    figure.savefig(file, dpi=DPI, metadata={"Software": None})
    plt.close(figure)


def _space_time(world: World, courses: Courses, during: Interval, *, zoomed: bool) -> Figure:
    figure, axes = plt.subplots(figsize=(15, 7), layout="constrained")
    offsets = offsets_of(world.path)
    image = paint_light(axes, world.path, courses, offsets, during)
    for person in world.people:
        paint_way(axes, person, offsets, thick=zoomed)
    if zoomed:
        _mark_detections(axes, world, offsets, during)
    span = world.span
    begin, end = span.local(during[0]), span.local(during[1])
    axes.set_title(
        f"{world.path.name}, {begin:%d %B %Y %H:%M} to {end:%H:%M}: level of the lamps and people"
    )
    axes.set_xlim(during)
    axes.set_ylabel("metres along the path, section after section")
    label_time(axes, span, during)
    figure.colorbar(image, ax=axes, label="luminous flux, %", pad=0.01)
    axes.legend(handles=legend_handles(detections=zoomed), loc="upper right", framealpha=0.85)
    return figure


def offsets_of(path: Path) -> dict[str, float]:
    """Put the sections one after the other: where each begins, in metres."""
    offsets: dict[str, float] = {}
    along_m = 0.0
    for section in path.sections:
        offsets[section.id] = along_m
        along_m += section.length_m
    return offsets


def paint_light(
    axes: Axes, path: Path, courses: Courses, offsets: dict[str, float], during: Interval
) -> "mpl.collections.QuadMesh":
    """Paint the lamps' levels over time and place."""
    rows = [
        (offsets[section] + cell.from_m, offsets[section] + cell.to_m, cell.lamp)
        for section, cells in lamp_cells(path).items()
        for cell in cells
    ]
    sampled = {lamp: _sampled(course, during) for lamp, course in courses.items()}
    edges_m = [rows[0][0], *(to_m for _, to_m, _ in rows)]
    edges_s = np.linspace(*during, COLUMNS + 1)
    levels = np.array([sampled[lamp] for _, _, lamp in rows])
    return axes.pcolormesh(edges_s, edges_m, levels, cmap=LIGHT, vmin=0, vmax=FULL_PCT)


def _sampled(course: Sequence[FadeCommand], during: Interval) -> "np.typing.NDArray[np.float64]":
    """Return a lamp's mean level in each column of the picture."""
    times_s = np.linspace(*during, COLUMNS * SAMPLES_PER_COLUMN, endpoint=False)
    levels = np.zeros(len(times_s))
    for fade, (begin_s, end_s) in pieces(course, during):
        first, last, faded = np.searchsorted(times_s, [begin_s, end_s, fade.end_s])
        levels[first:last] = fade.to_pct
        for i in range(first, min(faded, last)):
            levels[i] = fade.level_pct_at(times_s[i])
    means: np.typing.NDArray[np.float64] = levels.reshape(COLUMNS, SAMPLES_PER_COLUMN).mean(axis=1)
    return means


def paint_way(axes: Axes, person: Person, offsets: dict[str, float], *, thick: bool) -> None:
    """Paint where somebody was when."""
    for leg in person.legs():
        axes.plot(
            (leg.begin_s, leg.end_s),
            (offsets[leg.section] + leg.from_m, offsets[leg.section] + leg.to_m),
            color=COLOURS[person.kind],
            linewidth=1.4 if thick else 0.35,
            alpha=0.95 if thick else 0.45,
        )


def _mark_detections(axes: Axes, world: World, offsets: dict[str, float], during: Interval) -> None:
    places = {s.id: offsets[s.section] + s.at_m for s in world.path.motion_sensors}
    rises = [r for r in world.sensed.detections if during[0] <= r.time_s <= during[1]]
    axes.scatter(
        [r.time_s for r in rises],
        [places[r.sensor] for r in rises],
        s=9,
        color="white",
        edgecolors="#10152b",
        linewidths=0.5,
        zorder=3,
    )


def legend_handles(*, detections: bool) -> list[Line2D]:
    """Return what the colours of people mean, and what a dot means if there are any."""
    handles = [Line2D([], [], color=COLOURS[kind], label=NAMES[kind]) for kind in Kind]
    if detections:
        dot = Line2D([], [], color="white", marker="o", markersize=4, linestyle="none")
        dot.set(markeredgecolor=LIGHT(0.0), label="detections")
        handles.append(dot)
    return handles


def label_time(axes: Axes, span: NightSpan, during: Interval) -> None:
    """Set ticks at whole hours of the wall clock, or whole minutes in a short stretch."""
    step_s = SECONDS_PER_HOUR if during[1] - during[0] > 2 * SECONDS_PER_HOUR else 60.0
    ticks_s = list(_marks(span, during, step_s))
    axes.set_xticks(ticks_s, [f"{span.local(s):%H:%M}" for s in ticks_s])
    axes.set_xlabel(f"local time ({span.local(0):%Z})")


def _marks(span: NightSpan, during: Interval, step_s: float) -> Iterator[float]:
    """Yield the times in a stretch at which the wall clock shows a multiple of the step."""
    shift_s = (span.local(0).utcoffset() or timedelta()).total_seconds() + span.zero_utc_s
    first = math.ceil((during[0] + shift_s) / step_s)
    last = math.floor((during[1] + shift_s) / step_s)
    for number in range(first, last + 1):
        yield number * step_s - shift_s


def busy_stretch(world: World) -> Interval:
    """Return ten minutes of darkness, from an entry on, with as many entries as remain legible."""
    last_s = world.span.dark_end_s - ZOOM_S
    entries = [p.waypoints[0].time_s for p in world.people]
    windows = [(s, s + ZOOM_S) for s in entries if 0.0 <= s <= last_s]
    busyness = [(sum(a <= s < b for s in entries), -a) for a, b in windows]
    legible = [found for found in busyness if found[0] <= LEGIBLE_ENTRIES]
    begin_s = -max(legible or busyness or [(0, 0.0)])[1]
    return begin_s, begin_s + ZOOM_S


def _energy(world: World, courses: Courses) -> Figure:
    span = world.span
    run = (float(span.start_s), float(span.end_s))
    edges = [run[0], *(s for s in _marks(span, run, SECONDS_PER_HOUR) if run[0] < s < run[1])]
    hours = list(pairwise([*edges, run[1]]))
    used = [
        sum(energy_wh(courses[lamp.id], lamp.power, hour) for lamp in world.path.lamps) / 1000.0
        for hour in hours
    ]
    full_kw = sum(power_w(lamp.power, FULL_PCT) for lamp in world.path.lamps) / 1000.0
    full = [
        full_kw * max(0.0, min(b, span.dark_end_s) - max(a, 0.0)) / SECONDS_PER_HOUR
        for a, b in hours
    ]
    figure, axes = plt.subplots(figsize=(11, 5), layout="constrained")
    places = range(len(hours))
    axes.bar(places, full, width=0.85, color="#c9cdd6", label="all lamps at full, dusk to dawn")
    axes.bar(places, used, width=0.6, color="#c98a1b", label="cyclelight, lamps only")
    axes.set_xticks(list(places), [f"{span.local(a):%H:%M}" for a, _ in hours], rotation=45)
    axes.set_xlabel(f"hour that begins at, local time ({span.local(0):%Z})")
    axes.set_ylabel("energy, kWh")
    axes.set_title(
        f"{world.path.name}, night of {span.date}:"
        f" {sum(used):.2f} kWh instead of {sum(full):.2f} kWh"
    )
    axes.set_ylim(top=1.2 * full_kw)
    axes.legend(loc="upper center", ncols=2, frameon=False)
    return figure
