"""One track on a short path, for tests of what is lit ahead of it and behind.

Somebody is seen at S. Lamps stand every 10 m, named by how far they are ahead of S, and each
cell reaches 5 m to either side. T is 100 m ahead, U is 190 m ahead, R is 100 m behind.
"""

import math
from dataclasses import replace

from controller.core.profile import Presence
from controller.core.reach import (
    LATENCY_S,
    LEAD_S,
    REVIEW_SPREADS,
    SLACK_M,
    Planner,
)
from controller.core.track import (
    BELIEVED_ODDS,
    FASTER_THAN_FASTEST,
    Ground,
    Track,
    Window,
)
from controller.core.ways import CellAhead, Gate, Heading
from tests.core.build import REACH_M, line
from tests.core.crowd import START_S, P, ground_on, sight_m

LENGTH_M, S_AT_M = 450.0, 205.0
LAMPS = {f"{at_m - 205:+d}": float(at_m) for at_m in range(5, 450, 10)}
T_M, U_M, END_M = 100.0, 190.0, 240.0  # ahead of S; as far as is known
PATH = line(LENGTH_M, LAMPS, {"R": 105.0, "S": S_AT_M, "T": 305.0, "U": 395.0})
GROUND = ground_on(PATH)
AHEAD, BACK = Heading("S", forward=True), Heading("S", forward=False)

SLOW_M_S, FAST_M_S = 5.0 * 0.95, 5.0 * 1.05
RIDER = Track(
    sensor="S",
    rise_s=START_S,
    headings=(AHEAD,),
    tail_s=0.0,
    odds=9.0,
    fall_s=START_S + 3.0,
    speed_m_s=5.0,
    hits=4,
)
FASTEST_M_S = P.fastest_m_s * FASTER_THAN_FASTEST
LONE = RIDER._replace(headings=(AHEAD, BACK), speed_m_s=None, hits=1, odds=0.0)
UNBELIEVED = LONE._replace(odds=BELIEVED_ODDS - 0.1)
NEVER = Window(math.inf, -math.inf, math.inf, -math.inf)
NOBODY: frozenset[str] = frozenset()


def planned(
    track: Track,
    presence: Presence = P,
    *,
    passed: frozenset[str] = NOBODY,
    hold_s: float = 0.0,
    ground: Ground = GROUND,
) -> Track:
    return Planner(
        track, replace(ground, presence=presence), passed | track.missed, hold_s
    ).planned()


def lit(track: Track) -> set[str]:
    """The lamps that are needed at some time."""
    return {lamp for lamp, window in track.windows.items() if window.until_s > -math.inf}


def near_m(lamp: str) -> float:
    return int(lamp) - 5.0


def far_m(lamp: str) -> float:
    return int(lamp) + 5.0


def limit_m(sensor_m: float, fast_m_s: float) -> float:
    """How far somebody can be whom a sensor has not seen: late by its latency, with a margin."""
    return sensor_m - REACH_M + LATENCY_S * fast_m_s + SLACK_M


def ahead_of_s(
    *spans_m: tuple[float, float], due_m: float = T_M, open_m: float = 0.0, sensor: str = "T"
) -> Ground:
    """Cells 0, 1... from and to exactly so many metres ahead; the next sensor is `due_m` ahead."""
    gates = (Gate(sensor, due_m - REACH_M),)
    cells = tuple(CellAhead(str(i), *span, gates) for i, span in enumerate(spans_m))
    way = replace(GROUND.ways[AHEAD], cells=cells, due_m=due_m, open_m=open_m)
    return replace(GROUND, ways={**GROUND.ways, AHEAD: way})


def lamps_between(from_m: float, to_m: float) -> set[str]:
    """The lamps whose cells overlap a stretch."""
    return {lamp for lamp in LAMPS if far_m(lamp) > from_m and near_m(lamp) < to_m}


def lit_from_s(ahead_m: float, fast_m_s: float, presence: Presence = P) -> float:
    """When the fastest needs a cell that begins `ahead_m` before them as they are reported."""
    at_s = START_S - LATENCY_S + max(0.0, ahead_m - sight_m(fast_m_s, presence)) / fast_m_s
    return at_s - presence.fade_up_s - LEAD_S


def speed_that_sees_m_s(metres: float, presence: Presence = P) -> float:
    """Look for the slowest speed that needs so much preview."""
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2.0
        sees_m = presence.reaction_s * middle + middle**2 / (2.0 * 9.81 * presence.friction)
        low, high = (low, middle) if sees_m >= metres else (middle, high)
    return high


def due_s(distance_m: float, speed_m_s: float, spread: float = 0.05) -> float:
    return START_S + distance_m / speed_m_s * (1.0 + REVIEW_SPREADS * spread)
