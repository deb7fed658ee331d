"""From a seed to a storm: bouts of faults, operators who contradict one another, few people."""

import json
from collections.abc import Callable
from random import Random

from firmware_sim.storm.course import LAMPS, LAMPS_OF, NODE_IDS, SENSORS
from firmware_sim.storm.people import draw_busy_walks, draw_walks
from firmware_sim.storm.scenario import (
    CALM_SHARE,
    LENGTH_S,
    NIGHT_UTC_S,
    Act,
    ActKind,
    Fault,
    FaultKind,
    Scenario,
)

BEGIN_S = 200.0
FORGETFUL, TOGETHER, WITH_DURATION, WITH_LAMPS = 0.4, 0.3, 0.8, 0.7
LATEST_HOUR = 5
MOST_WALKS = 7
MOST_BOUTS = 3
MOST_IN_BOUT = 4
BOUT_S = 90.0
MOST_ACTS = 9

Amount = Callable[[Random], float]


def _none(_rng: Random) -> float:
    return 0.0


def _between(low: float, high: float, digits: int = 1) -> Amount:
    return lambda rng: round(rng.uniform(low, high), digits)


# Kind: how often beside the others, where, how long in s, how much.
_KINDS: dict[FaultKind, tuple[float, tuple[str, ...], Amount, Amount]] = {
    FaultKind.LOST: (2, NODE_IDS, _between(5, 300), _between(0.05, 1.0, 2)),
    FaultKind.LATE: (2, NODE_IDS, _between(5, 300), _between(0.1, 8.0)),
    FaultKind.DOUBLED: (2, NODE_IDS, _between(5, 300), _between(0.2, 1.0, 2)),
    FaultKind.DAMAGED: (2, NODE_IDS, _between(5, 300), _between(0.05, 1.0, 2)),
    FaultKind.FLOOD: (1, NODE_IDS, _none, _between(100, 400, 0)),
    FaultKind.PARTITION: (3, NODE_IDS, _between(1, 240), _none),
    FaultKind.CUT: (3, NODE_IDS, _none, _none),
    FaultKind.CUT_AT_RECORD: (
        3,
        NODE_IDS,
        _between(900, 1500),
        lambda rng: float(rng.randint(0, 1)),
    ),
    FaultKind.SLOW: (2, NODE_IDS, _between(5, 120), _between(0.1, 4.0)),
    FaultKind.BROKER: (3, ("",), _between(0.5, 200), lambda rng: float(rng.random() < FORGETFUL)),
    FaultKind.CRASH: (5, NODE_IDS, _between(5, 60), lambda rng: float(rng.randint(0, 400))),
    FaultKind.CRASH_AT_WRITE: (4, NODE_IDS, _between(900, 1500), _none),
    FaultKind.STOP: (2, NODE_IDS, _none, _none),
    FaultKind.FREEZE: (2, NODE_IDS, _between(0.5, 20), _none),
    FaultKind.POWER: (2, NODE_IDS, _between(1, 300), _none),
    FaultKind.DISK_FULL: (2, NODE_IDS, _between(60, 2400), _none),
    FaultKind.DISK_FAILING: (2, NODE_IDS, _between(60, 2400), _none),
    FaultKind.DISK_READ_ONLY: (1, NODE_IDS, _between(60, 2400), _none),
    FaultKind.CLOCK_STEP: (3, NODE_IDS, _none, _between(-600, 600)),
    FaultKind.SENSOR_HIGH: (1, SENSORS, _between(10, 1500), _none),
    FaultKind.SENSOR_LOW: (1, SENSORS, _between(10, 1500), _none),
    FaultKind.SENSOR_CHATTER: (1, SENSORS, _between(10, 300), _none),
    FaultKind.SENSOR_UNREADABLE: (1, SENSORS, _between(10, 1500), _none),
    FaultKind.SENSOR_EDGES_LOST: (1, SENSORS, _between(10, 600), _none),
    FaultKind.LAMP_DEAF: (1, LAMPS, _between(5, 600), _none),
    FaultKind.LAMP_BURNT_OUT: (1, LAMPS, _between(60, 1500), _none),
}


def draw(seed: int, length_s: float = LENGTH_S, *, busy: bool = False) -> Scenario:
    """Draw a storm; in a `busy` one there are more people, who rest at sensors and meet."""
    calm_s = CALM_SHARE * length_s
    rng = Random(f"{seed}/storm")
    begins_s = rng.uniform(0.0, LATEST_HOUR * 3600.0)
    number = rng.randint(2, MOST_WALKS)  # of a busy storm, too: its faults are the same
    if busy:
        walks = draw_busy_walks(Random(f"{seed}/busy"), 0.9 * calm_s)
    else:
        walks = draw_walks(Random(f"{seed}/walks"), 0.9 * calm_s, number)
    return Scenario(
        seed=seed,
        length_s=length_s,
        begins_utc_s=NIGHT_UTC_S + round(begins_s),
        walks=walks,
        faults=draw_faults(rng, calm_s),
        acts=draw_acts(rng, calm_s),
    )


def draw_faults(rng: Random, calm_s: float) -> tuple[Fault, ...]:
    """Draw bouts of faults, all of them over at `calm_s`."""
    kinds = list(_KINDS)
    weights = [_KINDS[kind][0] for kind in kinds]
    faults = []
    for _ in range(rng.randint(1, MOST_BOUTS)):
        begin_s = rng.uniform(BEGIN_S, 0.95 * calm_s - BOUT_S)
        for kind in rng.choices(kinds, weights, k=rng.randint(1, MOST_IN_BOUT)):
            _, places, lasts, amount = _KINDS[kind]
            at_s = round(begin_s + rng.uniform(0.0, BOUT_S), 3)
            lasts_s = min(lasts(rng), calm_s - at_s)
            faults.append(Fault(kind, at_s, lasts_s, rng.choice(places), amount(rng)))
    return tuple(sorted(faults, key=lambda fault: fault.at_s))


# --- operators ------------------------------------------------------------------------------------


def draw_acts(rng: Random, calm_s: float) -> tuple[Act, ...]:
    """Draw what operators do, often at the same time as one another."""
    acts: list[Act] = []
    for _ in range(rng.randint(0, MOST_ACTS)):
        together = acts and rng.random() < TOGETHER
        at_s = acts[-1].at_s + rng.uniform(0.0, 0.2) if together else rng.uniform(60.0, calm_s)
        acts.append(_act(rng, round(min(at_s, calm_s), 3)))
    return tuple(sorted(acts, key=lambda act: act.at_s))


def _act(rng: Random, at_s: float) -> Act:
    kind = rng.choices(list(ActKind), (5, 3, 4, 2, 2, 1, 2, 2, 2))[0]
    where = rng.choice((*NODE_IDS, "path", "tenant"))
    match kind:
        case ActKind.SETTINGS | ActKind.PATCH:
            return Act(kind, at_s, where, json.dumps(_settings(rng)))
        case ActKind.OVERRIDE:
            return Act(kind, at_s, where, json.dumps(_override(rng, where)))
        case ActKind.EMERGENCY:
            return Act(kind, at_s, where, json.dumps({"duration_s": round(rng.uniform(5, 1200))}))
        case ActKind.SWITCH:
            what = rng.choice(
                ({"state": "OFF"}, {"state": "ON", "brightness": 40}, {"effect": "automatic"})
            )
            return Act(kind, at_s, rng.choice(LAMPS), json.dumps(what))
        case ActKind.ASK:
            name = rng.choice(("ping", "report", "selftest", "explain", "identify"))
            return Act(kind, at_s, rng.choice(NODE_IDS), name)
        case ActKind.NONSENSE:
            return Act(kind, at_s, where, rng.choice(("settings", "command", "retained")))
        case ActKind.CLEAR | ActKind.EMERGENCY_OVER:
            return Act(kind, at_s, where)


def _override(rng: Random, where: str) -> dict[str, object]:
    given: dict[str, object] = {"level_pct": rng.choice((0.0, 5.0, 30.0, 80.0, 100.0))}
    if rng.random() < WITH_DURATION:
        given["duration_s"] = round(rng.uniform(5, 1500))
    if where in LAMPS_OF and rng.random() < WITH_LAMPS:
        given["lamps"] = rng.sample(LAMPS_OF[where], rng.randint(1, 2))
    return given


def _settings(rng: Random) -> dict[str, object]:
    """Draw settings, now and then such as contradict those of another layer or are no settings."""
    drawn: tuple[dict[str, object], ...] = (
        {"levels": {"base_pct": rng.choice((0.0, 5.0, 10.0, 25.0))}},
        {"levels": {"presence_pct": rng.choice((92.0, 95.0, 100.0))}},
        {"levels": {"base_pct": 60.0, "presence_pct": 50.0}},
        {"levels": {"safety_floor_pct": rng.choice((10.0, 20.0, 40.0))}},
        {"presence": {"hold_s": rng.choice((0.0, 2.0, 10.0))}},
        {"override": {"default_s": rng.choice((60, 600))}},
        {"override": {"greatest_s": rng.choice((300, 3600))}},
        {"levels": {"base_pct": "much"}},
        {},
    )
    return rng.choice(drawn)
