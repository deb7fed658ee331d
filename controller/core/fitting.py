"""Which track a passage belongs to: the one whose prediction it fits best, within a gate.

A track predicts when each sensor ahead will see its people, from where and when they were last
seen and how fast they were.
"""

import math
from typing import NamedTuple

from controller.core.habits import BLIND_S
from controller.core.profile import Presence
from controller.core.track import Ground, Track, fastest_unknown_m_s, speeds_m_s
from controller.core.ways import SensorAhead

# How badly a passage may fit, in standard deviations of the prediction. All tuned by simulation.
GATE = 3.5
TIMING_SD_S = 0.6
# What the other kinds of fit are worth beside a prediction in time.
FARTHER_SENSOR_COSTS = 1.0
UNKNOWN_SPEED_FITS = 1.5
SAME_SENSOR_FITS = 1.0
STOPPED_FITS = 2.5
SLACK_S = 0.8
# How far people of unknown speed may be beyond the bounds.
SLOWER, FASTER = 0.7, 1.2


class Fit(NamedTuple):
    """A track that a passage may belong to.

    `misfit`: how badly it fits, in standard deviations. `ahead`: the sensor on the track's way,
    which they came by at `at_s`; None if the sensor they were at only sees them again.
    """

    misfit: float
    track: Track
    ahead: SensorAhead | None
    at_s: float


def best_fit(
    live: tuple[Track, ...], ground: Ground, sensor: str, earliest_s: float, rise_s: float
) -> Fit | None:
    """Return the track that a passage fits best, None if it fits none; of equals the newest.

    They came to `sensor` between `earliest_s` and `rise_s`: it may have been blind before.
    """
    best, least = None, (math.inf, math.inf)
    for track in live:
        if (
            track.sensor == sensor
            and (SAME_SENSOR_FITS, -track.rise_s) < least
            and (track.fall_s is None or rise_s - track.fall_s <= BLIND_S + SLACK_S)
        ):
            least = SAME_SENSOR_FITS, -track.rise_s
            best = Fit(SAME_SENSOR_FITS, track, None, rise_s)
        for heading in track.headings:
            for ahead in ground.ways[heading].by_sensor.get(sensor, ()):
                misfit, at_s = _misfit(track, ground.presence, ahead, earliest_s, rise_s)
                misfit += FARTHER_SENSOR_COSTS * len(ahead.gates)
                if misfit <= GATE and (misfit, -track.rise_s) < least:
                    least = misfit, -track.rise_s
                    best = Fit(misfit, track, ahead, at_s)
    return best


def _misfit(
    track: Track, presence: Presence, ahead: SensorAhead, earliest_s: float, rise_s: float
) -> tuple[float, float]:
    """Return how badly a passage fits a prediction, and when they came by it."""
    elapsed_s = rise_s - track.rise_s
    if elapsed_s <= 0.0:
        return math.inf, rise_s
    slow_m_s, fast_m_s = speeds_m_s(track, presence)
    if track.speed_m_s is None:
        fits = slow_m_s * SLOWER <= ahead.distance_m / elapsed_s <= fast_m_s * FASTER
        return UNKNOWN_SPEED_FITS if fits else math.inf, rise_s
    due_s = ahead.distance_m / track.speed_m_s
    at_s = min(max(track.rise_s + due_s, earliest_s), rise_s)
    late_s = at_s - track.rise_s - due_s
    if track.stopped_s is not None and late_s > 0.0:
        return STOPPED_FITS, rise_s
    # Of a group the first may have been missed and the last seen.
    off_s = max(0.0, late_s - track.tail_s) if late_s > 0.0 else -late_s
    spread_s = due_s * (fast_m_s / track.speed_m_s - 1.0) / 2.0
    misfit = off_s / math.hypot(spread_s, TIMING_SD_S)
    sooner = track.may_be_faster and late_s < 0.0
    if sooner and ahead.distance_m / elapsed_s <= fastest_unknown_m_s(presence) * FASTER:
        misfit = min(misfit, UNKNOWN_SPEED_FITS)
    return misfit, at_s
