"""Everything a node remembers between two decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.core.arbitration import OrderedLevel, Proposal
from controller.core.daylight import Sky
from controller.core.energy import Account
from controller.core.fade import FULL_PCT, Fade, holding
from controller.core.moment import Moment
from controller.core.presence import Evidence, unheard, unread
from controller.core.profile import Profile
from controller.core.reach import Link, Site, links


@dataclass(frozen=True, slots=True)
class LampState:
    """A lamp's course of level, the ladder that led to it (winner first) and its account."""

    fade: Fade
    ladder: tuple[Proposal, ...]
    account: Account


@dataclass(frozen=True, slots=True)
class Reach:
    """The site under a profile: per own lamp what lights it, and which own sensors to announce."""

    links: Mapping[str, tuple[Link, ...]]
    announced: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """The state of one node. Times are monotonic seconds."""

    site: Site
    profile: Profile
    reach: Reach
    sky: Sky
    evidence: Mapping[str, Evidence]
    lamps: Mapping[str, LampState]
    record_s: float
    recorded_at_s: float
    overrides: Mapping[str, OrderedLevel] = field(default_factory=dict)
    emergency_until_s: float | None = None
    announced_seq: int = 0


def begin(site: Site, profile: Profile, moment: Moment, record_s: float = 300.0) -> State:
    """Return the state of a node that has just started.

    Nothing is known yet, so everything is lit: lamps are at full (drivers start them so), own
    sensors count as occupied until they are read, and somebody may just have passed the others.
    `record_s`: how often an energy record is closed.
    """
    now_s = moment.mono_s
    others = {way.sensor for ways in site.approaches.values() for way in ways} - site.own_sensors
    return State(
        site=site,
        profile=profile,
        reach=reach_of(site, profile),
        sky=Sky(),
        evidence={s: unread(now_s) for s in sorted(site.own_sensors)}
        | {s: unheard(now_s) for s in sorted(others)},
        lamps={
            lamp: LampState(holding(FULL_PCT, now_s), (), Account(now_s)) for lamp in site.lamps
        },
        record_s=record_s,
        recorded_at_s=now_s,
    )


def reach_of(site: Site, profile: Profile) -> Reach:
    """Work out who lights what under `profile`."""
    return Reach(
        links={lamp: links(ways, profile.presence) for lamp, ways in site.approaches.items()},
        announced=frozenset(
            sensor for sensor, ways in site.outward.items() if links(ways, profile.presence)
        ),
    )
