"""Everything a node remembers between two decisions."""

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from controller.core.arbitration import OrderedLevel, Situation
from controller.core.daylight import Sky
from controller.core.energy import Account, Hours
from controller.core.fade import FULL_PCT, Fade, holding
from controller.core.metering import Meter, Metered
from controller.core.moment import Moment
from controller.core.profile import Profile
from controller.core.pulse import Pulse
from controller.core.schedule import Schedule, scheduled
from controller.core.site import Site
from controller.core.watch import Watch, begun

RECORD_S = 900.0
"""A quarter of an hour, as electricity meters count."""


class LampState(NamedTuple):
    """A lamp's course of level, the situation in which it was last decided, and its account.

    Before the first decision there is no situation.
    """

    fade: Fade
    situation: Situation | None
    account: Account


class State(NamedTuple):
    """The state of one node. Times are monotonic seconds.

    `due_s`: by lamp when its need could next change by itself. `announced_at_s`: own sensors of
    which neighbours were told that somebody is there, with when. `pulses`: lamps that are
    identified. `hours`, `passages` and `meters` count since the last record. `ledger_h`: how long
    lamps of constant light output had burned by then; empty until that is known.
    """

    site: Site
    profile: Profile
    sky: Sky
    schedule: Schedule
    watch: Watch
    lamps: Mapping[str, LampState]
    due_s: Mapping[str, float]
    record_s: float
    recorded_at_s: float
    hours: Hours
    meters: Mapping[str, Metered]
    passages: Mapping[str, int] = MappingProxyType({})
    overrides: Mapping[str, OrderedLevel] = MappingProxyType({})
    pulses: Mapping[str, Pulse] = MappingProxyType({})
    emergency_until_s: float | None = None
    announced_at_s: Mapping[str, float] = MappingProxyType({})
    announced_seq: int = 0
    ledger_h: Mapping[str, float] = MappingProxyType({})


def begin(
    site: Site,
    profile: Profile,
    moment: Moment,
    record_s: float = RECORD_S,
    meters: Iterable[Meter] = (),
) -> State:
    """Return the state of a node that has just started.

    Nothing is known yet, so everything is lit: lamps are at full (drivers start them so), own
    sensors count as occupied until they are read, and people may be anywhere between them.
    `record_s`: how often an energy record is closed. `meters`: those of the node.
    """
    now_s = moment.mono_s
    return State(
        site=site,
        profile=profile,
        sky=Sky(),
        schedule=scheduled(profile, site, moment),
        watch=begun(site, profile.presence, now_s),
        lamps={
            lamp: LampState(holding(FULL_PCT, now_s), None, Account(now_s)) for lamp in site.lamps
        },
        due_s=dict.fromkeys(site.lamps, -math.inf),
        record_s=record_s,
        recorded_at_s=now_s,
        hours=Hours(now_s),
        meters={meter.id: Metered(meter, now_s) for meter in meters},
    )
