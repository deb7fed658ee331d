"""Health of the host and of what is around the node: neighbours, clock, disk, supply, restarts."""

import math
from collections.abc import Iterator

from controller.core.energy import SECONDS_PER_HOUR
from controller.core.health.alarms import Finding, between
from controller.core.health.examination import Examination, Rule

MIB = 2.0**20
FULL_BYTES, ROOMY_BYTES = 64.0 * MIB, 128.0 * MIB
# Minutes of late in which it was so, see sampling.SUPPLY_MEMORY_H.
UNDERVOLTED_MIN, THROTTLED_MIN, CALM_MIN = 2.5, 10.0, 0.3
# So many starts within an hour are no maintenance.
LOOPING_STARTS, CALM_STARTS = 5.0, 1.0


def neighbour_silent(x: Examination) -> Iterator[Finding]:
    """Say which neighbouring nodes are not there to tell of people."""
    for node in sorted(x.state.site.heard_nodes):
        evidence = {"lamps_kept_lit": float(len(x.state.site.guards[node]))}
        yield Finding(node, math.isinf(x.state.watch.silent.get(node, 0.0)), evidence)


def clock_untrusted(x: Examination) -> Iterator[Finding]:
    """Say whether the wall clock is not to be trusted."""
    evidence = {"light_sensors": float(len(x.state.sky.readings))}
    yield Finding(x.state.site.node, x.moment.utc_s is None, evidence)


def disk_full(x: Examination) -> Iterator[Finding]:
    """Say whether the disk of the store is nearly full."""
    free_bytes = x.vitals.free_bytes
    if free_bytes is not None:
        faulty = between(free_bytes, fine=ROOMY_BYTES, faulty=FULL_BYTES)
        yield Finding(x.state.site.node, faulty, {"free_mib": free_bytes / MIB})


def store_unwritable(x: Examination) -> Iterator[Finding]:
    """Say whether nothing can be stored."""
    vitals = x.vitals
    cause = "read_only" if vitals.read_only else "write_fails"
    yield Finding(x.state.site.node, vitals.read_only or vitals.store_fails, {"cause": cause})


def supply_undervoltage(x: Examination) -> Iterator[Finding]:
    """Say whether the host lacks voltage again and again."""
    yield from _minutes(x, x.samples.host.undervolted_min, UNDERVOLTED_MIN)


def throttled(x: Examination) -> Iterator[Finding]:
    """Say whether the host is slowed down again and again, from heat or want of voltage."""
    yield from _minutes(x, x.samples.host.throttled_min, THROTTLED_MIN)


def _minutes(x: Examination, of_late: float | None, most: float) -> Iterator[Finding]:
    if of_late is not None:
        faulty = between(of_late, fine=CALM_MIN, faulty=most)
        yield Finding(x.state.site.node, faulty, {"minutes_of_late": of_late})


def restart_loop(x: Examination) -> Iterator[Finding]:
    """Say whether the controller is started again and again."""
    since_s = x.moment.mono_s - SECONDS_PER_HOUR
    starts = float(sum(start_s >= since_s for start_s in x.vitals.starts_s))
    faulty = between(starts, fine=CALM_STARTS, faulty=LOOPING_STARTS)
    yield Finding(x.state.site.node, faulty, {"starts_per_h": starts})


RULES = (
    Rule("neighbour_silent", 300.0, 300.0, neighbour_silent),
    Rule("clock_untrusted", 3600.0, 0.0, clock_untrusted),
    Rule("disk_full", 300.0, 300.0, disk_full),
    Rule("store_unwritable", 300.0, 300.0, store_unwritable),
    Rule("supply_undervoltage", 0.0, 0.0, supply_undervoltage),
    Rule("host_throttled", 0.0, 0.0, throttled),
    Rule("restart_loop", 0.0, 3600.0, restart_loop),
)
