"""One job: a night, every scheme of its setting on the same detections, the judge."""

from collections.abc import Callable, Mapping
from typing import TypedDict, TypeVar

from controller.core.profile import Profile
from firmware_sim.cases import CASES
from firmware_sim.compare.measures import (
    Measures,
    controllers_measures,
    measures,
    yardsticks,
)
from firmware_sim.compare.plan import ORACLE, Job, profiles, references
from firmware_sim.disturbances import DISTURBANCES
from firmware_sim.oracle import clairvoyant
from firmware_sim.schemes import Scheme
from firmware_sim.score import Judge
from firmware_sim.simulation import simulate
from firmware_sim.world import World

_Way = TypeVar("_Way")  # to light a path


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

    def reference(scheme: Scheme) -> Measures:
        return measures(judge.judge(scheme.light(world)), night)

    def controllers(profile: Profile) -> Measures:
        disturbance = DISTURBANCES[where.disturbance](world.path)
        log = simulate(world, profile, job.seed, _unheeded, disturbance)
        verdict = judge.judge(log.commands)
        return measures(verdict, night) | controllers_measures(world, log, verdict, night)

    schemes = _each_once(references(where), reference)
    schemes |= _each_once(profiles(where), controllers)
    schemes[ORACLE] = measures(best, night)
    return Record(key=job.key, world=_world_measures(world), schemes=schemes)


def _each_once(
    named: Mapping[str, _Way], measured: Callable[[_Way], Measures]
) -> dict[str, Measures]:
    """Measure what is named. What has several names, as a swept point has, is run only once."""
    found = {way: measured(way) for way in dict.fromkeys(named.values())}
    return {name: found[way] for name, way in named.items()}


def _world_measures(world: World) -> Measures:
    return {
        "persons": float(len(world.people)),
        "detections": float(len(world.sensed.detections)),
        "false_alarms": float(world.sensed.false_alarms),
    }


def _unheeded(_: float) -> None:
    """Take no notice of a night's progress: a bar counts nights."""
