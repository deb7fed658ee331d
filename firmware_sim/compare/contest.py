"""One job: a night, every scheme of its setting on the same detections, the judge."""

from typing import TypedDict

from firmware_sim.cases import CASES
from firmware_sim.compare.measures import (
    Measures,
    Yardsticks,
    controllers_measures,
    measures,
    yardsticks,
)
from firmware_sim.compare.plan import ORACLE, Job, profiles, references
from firmware_sim.disturbances import DISTURBANCES
from firmware_sim.oracle import clairvoyant
from firmware_sim.score import Judge
from firmware_sim.simulation import simulate
from firmware_sim.world import World


class Record(TypedDict):
    """The outcome of a job: measures of the night itself and of each scheme, by name."""

    key: str
    world: Measures
    schemes: dict[str, Measures]


def run(job: Job) -> Record:
    """Run a job. The same job gives the same record, on any machine and in any order."""
    where = job.setting
    world = CASES[where.case].world(where.grade, job.seed)
    judge = Judge(world.path, world.span, world.people)
    best = judge.judge(clairvoyant(world, judge))
    night = yardsticks(world, best)
    schemes = {
        name: measures(judge.judge(scheme.light(world)), night)
        for name, scheme in references(where).items()
    }
    schemes |= _controllers(job, world, judge, night)
    schemes[ORACLE] = measures(best, night)
    return Record(key=job.key, world=_world_measures(world), schemes=schemes)


def _controllers(job: Job, world: World, judge: Judge, night: Yardsticks) -> dict[str, Measures]:
    """Run cyclelight with each of its profiles."""
    disturbance = DISTURBANCES[job.setting.disturbance](world.path)
    found = {}
    for name, profile in profiles(job.setting).items():
        log = simulate(world, profile, job.seed, _unheeded, disturbance)
        verdict = judge.judge(log.commands)
        found[name] = measures(verdict, night) | controllers_measures(world, log, verdict, night)
    return found


def _world_measures(world: World) -> Measures:
    return {
        "persons": float(len(world.people)),
        "detections": float(len(world.sensed.detections)),
        "false_alarms": float(world.sensed.false_alarms),
    }


def _unheeded(_: float) -> None:
    """Take no notice of a night's progress: a bar counts nights."""
