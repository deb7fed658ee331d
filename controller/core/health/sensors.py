"""Health of motion sensors: stuck, blind, chattering, restless, unreadable."""

from collections.abc import Iterator

from controller.core.energy import SECONDS_PER_HOUR
from controller.core.health.alarms import Finding, between
from controller.core.health.examination import Examination, Rule
from controller.core.health.hours import MotionHour

SECONDS_PER_MINUTE = 60.0
# Nobody stays so long at one place. Where traffic is dense an output that stays high for long
# after everybody may not fall for as long by chance: so much longer for every second of its hold.
STUCK_S = 7200.0
STUCK_PER_HOLD_S = 240.0
# A sensor of which every second person goes unseen misses so many in a row once in 30,000 times.
BLIND_PASSINGS = 15
# An output holds for a second or more and is blind for another: people cause no more than this.
CHATTERING_PER_MIN, CALM_PER_MIN = 30.0, 20.0
# Passages that no other sensor confirms: a poor sensor gives four an hour.
RESTLESS_LONE_PER_H, CALM_LONE_PER_H = 12.0, 6.0
# Rises an hour, and beyond that so many times as many as any sensor near.
RESTLESS_RISES, CALM_RISES = (30.0, 3.0), (20.0, 2.0)
RESTLESS_SHARE, CALM_SHARE = 0.9, 0.7


def unreadable(x: Examination) -> Iterator[Finding]:
    """Say which own sensors cannot be read."""
    watch, now_s = x.state.watch, x.moment.mono_s
    for sensor in sorted(x.state.site.own_sensors):
        since_s = watch.evidence[sensor].active_at_s
        evidence = {"minutes": (now_s - since_s) / SECONDS_PER_MINUTE}
        yield Finding(sensor, sensor in watch.unreadable, evidence)


def stuck(x: Examination) -> Iterator[Finding]:
    """Say which own sensors have seen somebody for longer than anybody stays."""
    watch = x.state.watch
    for sensor in sorted(x.state.site.own_sensors - watch.unreadable):
        known = watch.evidence[sensor]
        if not known.occupied:
            yield Finding(sensor, faulty=False)
            continue
        high_s = x.moment.mono_s - known.active_at_s
        hold_s = watch.tracks.habits[sensor].hold_s
        is_stuck = high_s >= STUCK_S + STUCK_PER_HOLD_S * hold_s
        evidence = {"high_h": high_s / SECONDS_PER_HOUR, "output_hold_s": hold_s}
        yield Finding(sensor, is_stuck or None, evidence)


def blind(x: Examination) -> Iterator[Finding]:
    """Say which own sensors saw none of many people whom others saw before and behind them."""
    for sensor, hour in _own(x):
        if hour.unseen >= BLIND_PASSINGS:
            yield Finding(sensor, faulty=True, evidence={"passed_unseen": float(hour.unseen)})
        elif hour.rises_per_h > 0.0:
            yield Finding(sensor, faulty=False)


def chattering(x: Examination) -> Iterator[Finding]:
    """Say which own sensors change more often than people can cause."""
    for sensor in sorted(x.state.site.own_sensors) if x.elapsed_s > 0.0 else ():
        per_min = x.rises[sensor] * SECONDS_PER_MINUTE / x.elapsed_s
        faulty = between(per_min, fine=CALM_PER_MIN, faulty=CHATTERING_PER_MIN)
        yield Finding(sensor, faulty, {"rises_per_min": per_min})


def restless(x: Examination) -> Iterator[Finding]:
    """Say which own sensors see in the dark much that sensors near do not, or nearly always."""
    past = x.hours.past
    if past is None or not past.dark:
        return
    for sensor, hour in _own(x):
        if sensor in x.state.watch.unreadable:
            continue
        signs = (
            _beyond(hour.lone_per_h, CALM_LONE_PER_H, RESTLESS_LONE_PER_H),
            _beyond_others(hour),
            # One that never falls is stuck instead.
            hour.rises_per_h > 0.0 and _beyond(hour.high_share, CALM_SHARE, RESTLESS_SHARE),
        )
        evidence = {
            "rises_per_h": hour.rises_per_h,
            "unconfirmed_per_h": "unknown" if hour.lone_per_h is None else hour.lone_per_h,
            "high_share": hour.high_share,
        }
        faulty = True if True in signs else None if None in signs else False
        yield Finding(sensor, faulty, evidence)


def _own(x: Examination) -> Iterator[tuple[str, MotionHour]]:
    if x.hours.past is not None:
        for sensor in sorted(x.state.site.own_sensors):
            yield sensor, x.hours.past.motion[sensor]


def _beyond(value: float | None, fine: float, faulty: float) -> bool | None:
    return None if value is None else between(value, fine=fine, faulty=faulty)


def _beyond_others(hour: MotionHour) -> bool | None:
    """Whether a sensor rises far more often than every one near."""
    if hour.near_per_h is None:
        return None
    (least, times), (calm, calm_times) = RESTLESS_RISES, CALM_RISES
    return between(
        hour.rises_per_h,
        fine=calm + calm_times * hour.near_per_h,
        faulty=least + times * hour.near_per_h,
    )


RULES = (
    Rule("motion_sensor_unreadable", 60.0, 60.0, unreadable),
    Rule("motion_sensor_stuck", 0.0, 1800.0, stuck),
    Rule("motion_sensor_blind", 0.0, 3600.0, blind),
    Rule("motion_sensor_chattering", 300.0, 1800.0, chattering),
    Rule("motion_sensor_restless", 3600.0, 7200.0, restless),
)
