"""Health of a node: what was observed, what is suspected, which alarms are raised.

A reducer beside `step`: the host shows it every new state (`observed`, cheap) and lets it examine
once a minute (`examined`). Every rule finds a fault, or that there is none, or cannot tell now. An
alarm is raised once its fault has shown for long enough, and cleared once it has not for long
enough; what cannot be told does not count.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from controller.core.health import gear, host, lamps, light, sensors
from controller.core.health.alarms import (
    NO_EVIDENCE,
    Alarm,
    AlarmChange,
    Finding,
    Key,
    Vitals,
    readable,
)
from controller.core.health.counting import Counts
from controller.core.health.examination import Examination, Rule
from controller.core.health.hours import Hours
from controller.core.health.sampling import Samples
from controller.core.moment import Moment
from controller.core.state import State

EXAMINE_S = 60.0
# A fault counts for no longer than this from one examination to the next.
GREATEST_ELAPSED_S = 2.0 * EXAMINE_S

RULES: tuple[Rule, ...] = (
    *sensors.RULES,
    *light.RULES,
    *lamps.RULES,
    *gear.RULES,
    *host.RULES,
)


class Health(NamedTuple):
    """What is known of a node's health. Times are monotonic seconds.

    `examined`: the counts at the last examination, at `examined_at_s`. `suspected_s`: for how long
    a fault has shown of which no alarm is raised yet, or not shown of which one still is.
    `alarms`: what is raised now.
    """

    state: State
    counts: Counts
    examined: Counts
    examined_at_s: float
    hours: Hours
    samples: Samples = Samples()
    suspected_s: Mapping[Key, float] = MappingProxyType({})
    alarms: Mapping[Key, Alarm] = MappingProxyType({})


def healthy(state: State, moment: Moment) -> Health:
    """Begin with nothing known to be wrong."""
    counts = Counts.none(state, moment.mono_s)
    return Health(state, counts, counts, moment.mono_s, Hours(moment.mono_s, counts))


def observed(health: Health, state: State, moment: Moment) -> Health:
    """Take a new state of the node, right after the decision that led to it."""
    if state is health.state:
        return health
    counts = health.counts.counted(health.state, state, moment.mono_s)
    return health._replace(state=state, counts=counts)


def examined(
    health: Health, state: State, moment: Moment, vitals: Vitals
) -> tuple[Health, tuple[AlarmChange, ...]]:
    """Apply every rule; return what was raised and cleared, too. Call it every `EXAMINE_S`."""
    now_s = moment.mono_s
    health = observed(health, state, moment)
    counts = health.counts.booked(state, now_s)
    elapsed_s = now_s - health.examined_at_s
    seen = Examination(
        state=state,
        moment=moment,
        vitals=vitals,
        counts=counts,
        hours=health.hours.lived(state, counts, now_s),
        samples=health.samples.taken(state, now_s, vitals, elapsed_s),
        elapsed_s=elapsed_s,
        rises={s: x.rises - health.examined.motion[s].rises for s, x in counts.motion.items()},
    )
    suspected_s, alarms = dict(health.suspected_s), dict(health.alarms)
    changes = [
        change
        for rule in RULES
        for finding in rule.look(seen)
        if (change := _judged(rule, finding, seen, suspected_s, alarms)) is not None
    ]
    after = Health(state, counts, counts, now_s, seen.hours, seen.samples, suspected_s, alarms)
    return after, tuple(changes)


def _judged(
    rule: Rule,
    finding: Finding,
    seen: Examination,
    suspected_s: dict[Key, float],
    alarms: dict[Key, Alarm],
) -> AlarmChange | None:
    """Raise or clear an alarm if it is time to, in the last two arguments."""
    key, now_s = Key(rule.code, finding.subject), seen.moment.mono_s
    raised = key in alarms
    if finding.faulty is None:
        return None
    if finding.faulty == raised:
        suspected_s.pop(key, None)
        return None
    # What shows for the first time may have begun just now.
    shown_s = 0.0
    if key in suspected_s:
        shown_s = suspected_s[key] + min(seen.elapsed_s, GREATEST_ELAPSED_S)
    suspected_s[key] = shown_s
    if shown_s < (rule.clear_s if raised else rule.raise_s):
        return None
    del suspected_s[key]
    if raised:
        del alarms[key]
        return AlarmChange(*key, raised=False, at_s=now_s, evidence=NO_EVIDENCE)
    alarms[key] = Alarm(now_s, readable(finding.evidence))
    return AlarmChange(*key, raised=True, at_s=now_s, evidence=alarms[key].evidence)
