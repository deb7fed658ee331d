"""`python -m bench.distance`: why cyclelight needs more energy than the clairvoyant, by cause.

The same nights are run again and again, and each time one more thing is made ideal, in the order of
the table. What that saves is what the thing costs; in another order the parts would be somewhat
others. `s_full` tells whether anybody was served worse for it. The rest is what is left when all of
it is ideal: fades, people who follow others, and, with the other sign, entries that nobody can
foresee.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import NamedTuple
from unittest import mock

from bench.constants import core_with, quantity
from bench.knowing import Knowing
from controller.core.profile import Profile
from firmware_sim import sensors
from firmware_sim.cases import CASES
from firmware_sim.compare.measures import yardsticks
from firmware_sim.compare.plan import FIRST_SEED, NOMINAL
from firmware_sim.oracle import clairvoyant
from firmware_sim.score import Judge
from firmware_sim.simulation import simulate
from firmware_sim.world import build_world

WHERE = ("a5-winter", "a6-winter")
SURE, NEVER_PER_H = 1.0, 1e-9
EXACT_SPREAD = 1e-3  # reports have milliseconds
OPENED = "tracks._opened"


@dataclass(frozen=True, slots=True)
class Ideal:
    """What is ideal in a run: sensors, constants of the core, the profile.

    `known`: whoever a node sees for the first time is known in direction and speed at once.
    """

    grade: sensors.Grade = sensors.GRADES[NOMINAL]
    latency_s: float = sensors.LATENCY_S
    core: Mapping[str, object] = field(default_factory=dict)
    known: bool = False
    profile: Profile = field(default_factory=Profile)


class Excess(NamedTuple):
    """Energy above the oracle's, in Wh per lamp and in points of saving; `s_full` in percent."""

    above_wh: float
    points: float
    s_full_pct: float

    def less(self, other: "Excess") -> "Excess":
        """Return what was saved on the way to another run, and how people were served there."""
        saved_wh, points = self.above_wh - other.above_wh, self.points - other.points
        return Excess(saved_wh, points, other.s_full_pct)


def steps() -> Iterator[tuple[str, Ideal]]:
    """Yield what costs energy, each with a run in which that and all before it is ideal."""
    grade = replace(Ideal().grade, false_alarms_per_h=NEVER_PER_H)
    yield "false alarms", (ideal := Ideal(grade))
    grade = replace(grade, detection_probability=SURE)
    yield "sensors that miss people", (ideal := Ideal(grade))
    # Whether somebody was missed is told as late as ever. SLACK_M stays: it is for fades.
    late = quantity("reach.REVIEW_SPREADS") * quantity("track.SETTLED_SPREAD")
    exact = {
        "track.SPEED_SPREADS": {},
        "track.SETTLED_SPREAD": EXACT_SPREAD,
        "reach.REVIEW_SPREADS": late / EXACT_SPREAD,
        "reach.LEAD_S": 0.0,
        "reach.SLACK_S": 0.0,
    }
    yield "uncertain speeds, and margins for them", (ideal := replace(ideal, core=exact))
    yield (
        "unknown direction and speed of whom nothing foretold",
        (ideal := replace(ideal, known=True)),
    )
    prompt = {**exact, "reach.LATENCY_S": 0.0}
    yield "sensors that report late", (ideal := replace(ideal, core=prompt, latency_s=0.0))
    presence = replace(ideal.profile.presence, calm_s=0.0)
    yield "calm", replace(ideal, profile=replace(ideal.profile, presence=presence))


def excess(case: str, seed: int, ideal: Ideal) -> Excess:
    """Run a night."""
    usual = CASES[case].world(NOMINAL, seed)
    with mock.patch.object(sensors, "LATENCY_S", ideal.latency_s):
        world = build_world(usual.path, usual.span, usual.people, ideal.grade, seed)
        known = {OPENED: Knowing(world)} if ideal.known else {}
    with core_with({**ideal.core, **known}):
        log = simulate(world, ideal.profile, seed, lambda _: None)
    judge = Judge(world.path, world.span, world.people)
    best, found = judge.judge(clairvoyant(world, judge)), judge.judge(log.commands)
    above_wh = found.energy_wh - best.energy_wh
    full_wh = yardsticks(world, best).full_wh
    return Excess(above_wh, 100.0 * above_wh / full_wh, 100.0 * (found.service.s_full or 0.0))


def measured(ideal: Ideal, seeds: Sequence[int]) -> list[Excess]:
    """Return the means over the seeds of every case."""
    nights = [[excess(case, seed, ideal) for seed in seeds] for case in WHERE]
    return [Excess(*map(fmean, zip(*ran, strict=True))) for ran in nights]


def row(cause: str, parts: Sequence[Excess]) -> str:
    cells = (f"{x.above_wh:.2f} | {x.points:.2f} | {x.s_full_pct:.1f}" for x in parts)
    return f"| {cause} | {' | '.join(cells)} |"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, metavar="N")
    seeds = range(FIRST_SEED, FIRST_SEED + parser.parse_args().seeds)
    print(
        f"Energy above the oracle's, Wh per lamp and night and points of saving; means over seeds"
        f" {seeds[0]} to {seeds[-1]}.\n"
    )
    headings = (f"{CASES[x].title}, Wh | points | then s_full, %" for x in WHERE)
    print(f"| cause | {' | '.join(headings)} |")
    print("| --- " * (1 + len(WHERE) * len(Excess._fields)) + "|")
    before = whole = measured(Ideal(), seeds)
    for cause, ideal in steps():
        after = measured(ideal, seeds)
        saved = [one.less(other) for one, other in zip(before, after, strict=True)]
        print(row(cause, saved), flush=True)
        before = after
    print(row("rest", before))
    print(row("together", whole))


if __name__ == "__main__":
    main()
