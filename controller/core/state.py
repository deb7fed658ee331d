"""Everything a node remembers between two decisions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.core.arbitration import OrderedLevel, Proposal, Situation
from controller.core.daylight import Sky
from controller.core.energy import Account
from controller.core.fade import FULL_PCT, Fade, holding
from controller.core.moment import Moment
from controller.core.presence import Evidence, unheard, unread
from controller.core.profile import Presence, Profile
from controller.core.reach import Approach, Link, Site, hold_s, links

REANNOUNCE_S = 10.0


@dataclass(frozen=True, slots=True)
class LampState:
    """A lamp's course of level, its situation, the ladder that follows and its account.

    The ladder has the winner first; before the first decision there is none.
    """

    fade: Fade
    situation: Situation | None
    ladder: tuple[Proposal, ...]
    account: Account


@dataclass(frozen=True, slots=True)
class Reach:
    """The site under a profile.

    `links`: per own lamp what lights it. `announce_again_s`: the own sensors that light others'
    lamps, with how often to announce somebody who stays there.
    """

    links: Mapping[str, tuple[Link, ...]]
    announce_again_s: Mapping[str, float]


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
    announced_at_s: Mapping[str, float] = field(default_factory=dict)
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
            lamp: LampState(holding(FULL_PCT, now_s), None, (), Account(now_s))
            for lamp in site.lamps
        },
        record_s=record_s,
        recorded_at_s=now_s,
    )


def reach_of(site: Site, profile: Profile) -> Reach:
    """Work out who lights what under `profile`."""
    presence = profile.presence
    again_s = {sensor: _announce_again_s(ways, presence) for sensor, ways in site.outward.items()}
    return Reach(
        links={lamp: links(ways, presence) for lamp, ways in site.approaches.items()},
        announce_again_s={sensor: s for sensor, s in again_s.items() if s is not None},
    )


def _announce_again_s(outward: tuple[Approach, ...], presence: Presence) -> float | None:
    """Return how often neighbours must hear of somebody who stays, None if never.

    Twice within the shortest hold, because one announcement may get lost.
    """
    holds_s = [held_s for way in outward if (held_s := hold_s(way, presence)) is not None]
    return min(REANNOUNCE_S, min(holds_s) / 2.0) if holds_s else None
