"""Pictures of a comparison: energy against service, and one stretch of a night."""

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from controller.core.profile import Profile
from firmware_sim.cases import CASES
from firmware_sim.compare.curve import ENOUGH, Swept
from firmware_sim.compare.plan import (
    CYCLELIGHT,
    FAMILIES,
    FIRST_SEED,
    MAIN_CASE,
    NOMINAL,
    ORACLE,
    REFERENCES,
    TITLES,
    ZONE_20,
    Setting,
)
from firmware_sim.compare.results import Outcome, Results
from firmware_sim.levels import FadeCommand, by_lamp
from firmware_sim.oracle import clairvoyant
from firmware_sim.plots import (
    busy_stretch,
    label_time,
    legend_handles,
    offsets_of,
    paint_light,
    paint_way,
    save,
)
from firmware_sim.score import Judge
from firmware_sim.simulation import simulate
from firmware_sim.world import World

CURVE, NIGHT = "benchmark-curve.png", "benchmark-night.png"
MINUTES = 20
COLOURS = {CYCLELIGHT: "#d1495b", "zone": "#2a6f97", "own": "#7a7d85", "muenster": "#c98a1b"}
GREATEST_PCT = 99.97
MARGIN_PCT = 5.0
LEAST_MISSING_PCT = 1e-3
ABOVE, BELOW = (-4, 9), (-8, 0)


def draw(results: Results, out: FilePath) -> list[FilePath]:
    """Draw what the main case gives rise to and return the files. Raises OSError."""
    outcome = results.outcome(Setting(MAIN_CASE))
    if outcome is None:
        return []
    save(_curves(results, outcome), out / CURVE)
    save(_night(), out / NIGHT)
    return [out / CURVE, out / NIGHT]


def _curves(results: Results, outcome: Outcome) -> Figure:
    figure, axes = plt.subplots(figsize=(11, 6.5), layout="constrained")
    for name, points in results.curves.items():
        axes.plot(
            [100.0 * point.s_full for point in points],
            [point.energy_wh for point in points],
            marker="o",
            markersize=4,
            color=COLOURS[name],
            label=f"{FAMILIES[name].title}, hold swept",
        )
    _mark_schemes(axes, outcome)
    _mark_ours(axes, results.curves[CYCLELIGHT])
    bound_wh = outcome.schemes[ORACLE]["energy_wh"].mean
    axes.axhline(bound_wh, color="#2f7d4f", linestyle="--", label=TITLES[ORACLE])
    axes.axvline(100.0 * ENOUGH, color="#10152b", linewidth=0.8, linestyle=":")
    axes.set_xscale("function", functions=(_stretched, _unstretched))
    ticks = (50.0, 80.0, 90.0, 95.0, 98.0, 99.0, 99.5, 99.9)
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    least_pct = min(100.0 * p.s_full for points in results.curves.values() for p in points)
    axes.set_xlim(max(0.0, least_pct - MARGIN_PCT), GREATEST_PCT + 0.005)
    axes.set_xlabel("share of person-seconds with all needed light (s_full), %")
    axes.set_ylabel("energy, Wh per lamp and night")
    axes.set_title(f"{outcome.setting.title}: energy against service (nights: {results.seeds})")
    axes.grid(alpha=0.25)
    axes.legend(loc="upper left", frameon=False)
    return figure


def _mark_schemes(axes: Axes, outcome: Outcome) -> None:
    """Mark the schemes that are not swept, where they fit into the picture."""
    for name in ("graded-12", "whole-120", "conventional"):
        found = outcome.schemes[name]
        place = (min(100.0 * found["s_full"].mean, GREATEST_PCT), found["energy_wh"].mean)
        axes.plot(*place, marker="s", markersize=5, color="#10152b", linestyle="none")
        _annotate(axes, TITLES[name], place, ABOVE)


def _mark_ours(axes: Axes, points: Sequence[Swept]) -> None:
    """Say which point is cyclelight with its default profile."""
    hold_s = Profile().presence.hold_s
    for point in points:
        if point.value_s == hold_s:
            place = (100.0 * point.s_full, point.energy_wh)
            _annotate(axes, f"hold {hold_s:g} s, the default", place, BELOW)


def _annotate(axes: Axes, text: str, place: tuple[float, float], off_pt: tuple[int, int]) -> None:
    """Write beside a point, to the left of it; `off_pt`: how far right and up, in points."""
    axes.annotate(text, place, xytext=off_pt, textcoords="offset points", ha="right", va="center")


def _stretched(s_full_pct: "np.typing.ArrayLike") -> "np.typing.NDArray[np.float64]":
    """Spread what lies near 100 %: the scale is the logarithm of what is missing."""
    missing = 100.0 - np.asarray(s_full_pct, dtype=np.float64)
    stretched: np.typing.NDArray[np.float64] = -np.log10(np.maximum(missing, LEAST_MISSING_PCT))
    return stretched


def _unstretched(place: "np.typing.ArrayLike") -> "np.typing.NDArray[np.float64]":
    unstretched: np.typing.NDArray[np.float64] = 100.0 - 10.0 ** -np.asarray(place)
    return unstretched


def _night() -> Figure:
    """Show the same stretch of one night under three schemes."""
    world = CASES[MAIN_CASE].world(NOMINAL, FIRST_SEED)
    begin_s, _ = busy_stretch(world)
    during = (begin_s, begin_s + 60.0 * MINUTES)
    offsets = offsets_of(world.path)
    figure, panels = plt.subplots(3, figsize=(13, 11), sharex=True, layout="constrained")
    for axes, (title, commands) in zip(panels, _lights(world), strict=True):
        courses = by_lamp(commands, (lamp.id for lamp in world.path.lamps))
        image = paint_light(axes, world.path, courses, offsets, during)
        for person in world.people:
            paint_way(axes, person, offsets, thick=True)
        axes.set_xlim(during)
        axes.set_ylim(0.0, sum(section.length_m for section in world.path.sections))
        axes.set_ylabel("metres along the path")
        axes.set_title(title, loc="left")
    panels[0].legend(handles=legend_handles(detections=False), loc="upper right")
    label_time(panels[-1], world.span, during)
    figure.colorbar(image, ax=panels, label="luminous flux, %", pad=0.01)
    return figure


def _lights(world: World) -> Iterator[tuple[str, list[FadeCommand]]]:
    """Yield the schemes to show, each with what it does in a night."""
    yield TITLES[CYCLELIGHT], simulate(world, Profile(), FIRST_SEED, lambda _: None).commands
    yield TITLES[ZONE_20], REFERENCES[ZONE_20].scheme.light(world)
    judge = Judge(world.path, world.span, world.people)
    yield TITLES[ORACLE], clairvoyant(world, judge)
