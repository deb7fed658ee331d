"""`python -m bench.tune`: what other values of the core's tuning constants come to.

One constant after the other is scaled, all others stay as the code has them, and the same nights
are run: seeds 1 to N, which the benchmark does not report. Nothing is changed; people change the
code. All values are tried on the same nights, so differences are due to them; on other nights they
are others.
"""

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean

from bench.constants import Trial, core_with, present, scalable, shown
from controller.core.profile import Profile
from firmware_sim.cases import CASES
from firmware_sim.compare.measures import Measures, Yardsticks, measures, yardsticks
from firmware_sim.compare.plan import FIRST_SEED, Job, Setting
from firmware_sim.oracle import clairvoyant
from firmware_sim.score import Judge
from firmware_sim.simulation import simulate
from firmware_sim.world import World

CONSTANTS = (
    *("reach.LEAD_S", "reach.SLACK_M", "reach.SLACK_S", "reach.REVIEW_SPREADS"),
    *("fitting.GATE", "fitting.TIMING_SD_S", "fitting.FARTHER_SENSOR_COSTS"),
    *("fitting.UNKNOWN_SPEED_FITS", "fitting.SAME_SENSOR_FITS", "fitting.STOPPED_FITS"),
    *("track.BELIEVED_ODDS", "tracks.MOST_ODDS", "tracks.BUSY_ODDS", "tracks.FLASH_ODDS"),
    *("sight.SPEED_GAIN", "tracks.FIRST_TAIL_S", "sight.GREATEST_TAIL_S"),
    *("track.SPEED_SPREADS", "track.SETTLED_SPREAD"),
)
FACTORS = (0.6, 0.8, 1.25, 1.6)
SETTINGS = (
    Setting("a5-winter"),
    Setting("a5-winter", "poor"),
    Setting("a6-winter"),
    Setting("stops"),
    Setting("u-turns"),
)
# Least shares of s_full and of s_own by sensors' grade. A tenth of a point below costs as much as
# 2 % of the oracle's energy.
LEAST = {"nominal": (0.99, 0.995), "poor": (0.98, 0.98)}
PENALTY = 20.0
COLUMNS = ("e_over_oracle", "s_full", "s_own", "p5", "objective")


@dataclass(frozen=True, slots=True)
class Night:
    """A night that is run again and again."""

    world: World
    judge: Judge
    yardsticks: Yardsticks


@cache
def night(job: Job) -> Night:
    world = CASES[job.setting.case].world(job.setting.grade, job.seed)
    judge = Judge(world.path, world.span, world.people)
    return Night(world, judge, yardsticks(world, judge.judge(clairvoyant(world, judge))))


def run(task: tuple[Trial, Job]) -> Measures:
    """Run one night of a trial. Objective: energy over the oracle's, and a penalty for darkness."""
    trial, job = task
    given = night(job)
    with core_with(trial.values):
        log = simulate(given.world, Profile(), job.seed, lambda _: None)
    return measures(given.judge.judge(log.commands), given.yardsticks)


def outcome(jobs: Sequence[Job], nights: Sequence[Measures]) -> Measures:
    """Average over the seeds of each setting, judge that, and average over the settings."""
    settings = []
    for setting in SETTINGS:
        ours = [m for job, m in zip(jobs, nights, strict=True) if job.setting == setting]
        found = {name: fmean(m[name] for m in ours) for name in COLUMNS[:-1]}
        least = zip((found["s_full"], found["s_own"]), LEAST[setting.grade], strict=True)
        missing = sum(max(0.0, limit - share) for share, limit in least)
        settings.append(found | {"objective": found["e_over_oracle"] + PENALTY * missing})
    return {name: fmean(found[name] for found in settings) for name in COLUMNS}


def outcomes(
    trials: Sequence[Trial], jobs: Sequence[Job], workers: int
) -> Iterator[tuple[Trial, Measures]]:
    """Yield what the trials come to, in their order; say meanwhile how far it is."""
    begun_s, total = time.monotonic(), len(trials) * len(jobs)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        ran: list[Measures] = []
        tasks = [(trial, job) for trial in trials for job in jobs]
        for number, found in enumerate(pool.imap(run, tasks), start=1):
            ran.append(found)
            left_min = (time.monotonic() - begun_s) / number * (total - number) / 60.0
            said = f"\r{number}/{total} nights, {left_min:.0f} min left "
            print(said, end="", file=sys.stderr, flush=True)
            if len(ran) == len(jobs):
                yield trials[number // len(jobs) - 1], outcome(jobs, ran)
                ran = []
    print(file=sys.stderr)


def row(trial: Trial, found: Measures) -> str:
    values = ", ".join(map(shown, trial.values.values())) or "-"
    name = trial.constant or "the code as it is"
    return f"| {name} | {values} | " + " | ".join(f"{found[x]:.4f}" for x in COLUMNS) + " |"


def main() -> None:
    """Try and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--constants", nargs="+", type=scalable, default=CONSTANTS, metavar="NAME")
    parser.add_argument("--factors", nargs="+", type=float, default=FACTORS, metavar="X")
    parser.add_argument("--seeds", type=int, choices=range(1, FIRST_SEED), default=4, metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    args = parser.parse_args()
    jobs = [Job(setting, seed) for setting in SETTINGS for seed in range(1, args.seeds + 1)]
    trials = [Trial(name, factor) for name in args.constants for factor in args.factors]
    print("| constant | value | " + " | ".join(COLUMNS) + " |")
    print("| --- " * (2 + len(COLUMNS)) + "|")
    found: dict[Trial, Measures] = {}
    for trial, measured in outcomes([Trial(), *trials], jobs, args.jobs):
        found[trial] = measured
        print(row(trial, measured), flush=True)
    for name in args.constants:
        ours = [Trial(), *(trial for trial in trials if trial.constant == name)]
        best = min(ours, key=lambda trial: found[trial]["objective"])
        gain = found[Trial()]["objective"] - found[best]["objective"]
        value = best.values.get(name, present(name))
        print(f"{name}: best {shown(value)}, {gain:.4f} better than {shown(present(name))}")


if __name__ == "__main__":
    main()
