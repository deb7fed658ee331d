"""What a node tells about itself: its state as payloads, sent when something changed.

A change is told at once, further ones at most once a second; a lamp that is fading is told again
when its fade has ended. While nothing changes nothing is sent and nothing runs.
"""

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Protocol

from controller import __version__
from controller.core.arbitration import Proposal, Rung
from controller.core.energy import power_w
from controller.core.health.alarms import AlarmChange
from controller.core.lamps import ladder
from controller.core.moment import Moment
from controller.core.state import State
from controller.mqtt.commands import ExplainResult, ProposalReport, RungName
from controller.mqtt.energy import AlarmPayload
from controller.mqtt.payloads import (
    DaylightReport,
    EnergyTotalPayload,
    LampEnergyTotal,
    LampReport,
    LampStatePayload,
    OrderName,
    StatePayload,
)
from controller.mqtt.topics import Topics
from controller.store.store import Totals

LEAST_PAUSE_S = 1.0


class Keeper(Protocol):
    """Where the newest value of a retained topic goes."""

    def keep(self, topic: str, payload: bytes) -> None:
        """Publish it when the broker can be reached, and again after every reconnection."""


def state_payload(
    state: State, moment: Moment, started_s: float, zone: tzinfo, alarms: tuple[str, ...] = ()
) -> StatePayload:
    """Describe a node. `started_s`: monotonic seconds of its start; `alarms`: what is broken."""
    sky = state.sky
    return StatePayload(
        at=timestamp(moment.mono_s, moment, zone),
        clock_trusted=moment.utc_s is not None,
        uptime_s=moment.mono_s - started_s,
        version=__version__,
        daylight=DaylightReport(
            dark=sky.dark,
            reason=sky.cause,
            sun_elevation_deg=sky.elevation_deg,
            lux=sky.lux,
        ),
        profile_version=state.profile.version,
        alarms=alarms,
        lamps={lamp: _lamp_report(state, lamp, moment, zone) for lamp in state.lamps},
    )


def _lamp_report(state: State, lamp: str, moment: Moment, zone: tzinfo) -> LampReport:
    fade = state.lamps[lamp].fade
    level_pct = fade.level_pct_at(moment.mono_s)
    winner = ladder(state, lamp, moment.mono_s)[0]
    until_s = _told_until_s(winner)
    return LampReport(
        target_pct=fade.to_pct,
        level_pct=level_pct,
        power_w=power_w(state.site.lamps[lamp].power, level_pct),
        reason=_told_reason(winner),
        until=None if until_s is None else timestamp(until_s, moment, zone),
    )


def _told_reason(proposal: Proposal) -> str:
    # Which sensor saw somebody is nobody's business outside the path.
    return "presence" if proposal.rung is Rung.PRESENCE else proposal.reason


_ORDERED: Mapping[Rung, OrderName] = MappingProxyType(
    {Rung.OVERRIDE: "override", Rung.EMERGENCY: "emergency"}
)
_RUNGS: Mapping[Rung, RungName] = MappingProxyType(
    {
        Rung.EMERGENCY: "emergency",
        Rung.FAIL_SAFE: "fail_safe",
        Rung.OVERRIDE: "override",
        Rung.PRESENCE: "presence",
        Rung.BASE: "base",
        Rung.DAY: "day",
    }
)


def explained(state: State, lamp: str, moment: Moment, zone: tzinfo) -> ExplainResult:
    """Say who wants what of a lamp, the winner and the losers, and on what that was decided."""
    winner, *losers = ladder(state, lamp, moment.mono_s)
    situation = state.lamps[lamp].situation
    return ExplainResult(
        lamp=lamp,
        level_pct=state.lamps[lamp].fade.level_pct_at(moment.mono_s),
        colour_k=None if situation is None else situation.orders.colour_k,
        winner=_proposal_report(winner, moment, zone),
        losers=[_proposal_report(loser, moment, zone) for loser in losers],
        dark=state.sky.dark,
        daylight=state.sky.cause,
        unknown="" if situation is None else situation.unknown,
        profile_version=state.profile.version,
    )


def _proposal_report(proposal: Proposal, moment: Moment, zone: tzinfo) -> ProposalReport:
    until_s = _told_until_s(proposal)
    return ProposalReport(
        rung=_RUNGS[proposal.rung],
        level_pct=proposal.level_pct,
        reason=_told_reason(proposal),
        rule=proposal.rule,
        until=None if until_s is None else timestamp(until_s, moment, zone),
    )


def _told_until_s(winner: Proposal) -> float | None:
    # Until when somebody is expected is nobody's business either, and changes as they go on.
    return winner.until_s if winner.rung in (Rung.OVERRIDE, Rung.EMERGENCY) else None


def timestamp(mono_s: float, moment: Moment, zone: tzinfo) -> datetime | None:
    """Give a monotonic time by the wall clock; None without a trusted one, or if it never comes."""
    if moment.utc_s is None or math.isinf(mono_s):
        return None
    return datetime.fromtimestamp(moment.utc_s + mono_s - moment.mono_s, UTC).astimezone(zone)


def alarm_payload(change: AlarmChange, moment: Moment, zone: tzinfo) -> AlarmPayload:
    """Describe an alarm that was raised or cleared."""
    return AlarmPayload(
        at=timestamp(change.at_s, moment, zone),
        code=change.code,
        subject=change.subject,
        raised=change.raised,
        evidence=dict(change.evidence),
    )


def energy_total(totals: Totals, zone: tzinfo) -> EnergyTotalPayload:
    """Describe the totals as they stand in the store."""
    lamps = {
        lamp: LampEnergyTotal(
            active_energy_wh=sum_.active_energy_wh,
            baseline_wh=sum_.baseline_wh,
            saved_wh=sum_.baseline_wh - sum_.active_energy_wh,
            burn_s=sum_.burn_s,
            bright_s=sum_.bright_s,
            switches=sum_.switches,
        )
        for lamp, sum_ in totals.lamps.items()
    }
    active_wh = sum(x.active_energy_wh for x in totals.lamps.values())
    baseline_wh = sum(x.baseline_wh for x in totals.lamps.values())
    since_s = totals.since_utc_s
    return EnergyTotalPayload(
        active_energy_wh=active_wh,
        baseline_wh=baseline_wh,
        saved_wh=baseline_wh - active_wh,
        overhead_wh=totals.overhead_wh,
        burn_s=sum(x.burn_s for x in totals.lamps.values()),
        bright_s=sum(x.bright_s for x in totals.lamps.values()),
        switches=sum(x.switches for x in totals.lamps.values()),
        since=None if since_s is None else datetime.fromtimestamp(since_s, UTC).astimezone(zone),
        lamps=lamps,
    )


class Reporter:
    """Keeps the retained topics of a node's state in step with the state."""

    def __init__(
        self,
        keeper: Keeper,
        topics: Topics,
        moment: Callable[[], Moment],
        zone: tzinfo,
        alarms: Callable[[], tuple[str, ...]],
    ) -> None:
        """Report to `keeper`, with the `alarms` there are. Nothing is sent before `changed`."""
        self._keeper = keeper
        self._topics = topics
        self._moment = moment
        self._zone = zone
        self._alarms = alarms
        self._started_s = moment().mono_s
        self._state: State | None = None
        self._changed = asyncio.Event()
        self._told: StatePayload | None = None
        self._told_ends_s: dict[str, float | None] = {}
        self._told_lamps: dict[str, LampStatePayload] = {}

    def changed(self, state: State) -> None:
        """Take the newest state; it is told soon."""
        self._state = state
        self._changed.set()

    def look_again(self) -> None:
        """Tell what has changed beside the state: alarms."""
        self._changed.set()

    def tell_again(self) -> None:
        """Tell everything once more, changed or not."""
        self._told = None
        self._told_lamps.clear()
        self._changed.set()

    async def run(self) -> None:
        """Tell every change, for ever."""
        while True:
            settles_in_s = self._settles_in_s()
            try:
                async with asyncio.timeout(settles_in_s):
                    await self._changed.wait()
            except TimeoutError:
                pass
            self._changed.clear()
            self._tell()
            await asyncio.sleep(LEAST_PAUSE_S)

    def _settles_in_s(self) -> float | None:
        """Return the time until the last running fade ends, None if none runs."""
        if self._state is None:
            return None
        now_s = self._moment().mono_s
        left_s = max(
            (known.fade.end_s - now_s for known in self._state.lamps.values()), default=0.0
        )
        mid_fade = self._told is not None and any(
            x.level_pct != x.target_pct for x in self._told.lamps.values()
        )
        return max(0.0, left_s) if mid_fade else None

    def _tell(self) -> None:
        if self._state is None:
            return
        state, moment = self._state, self._moment()
        report = state_payload(state, moment, self._started_s, self._zone, self._alarms())
        told, self._told = self._told, report
        # Times on the wire follow the wall clock, which is slewed: the core's own tell a change.
        winners = {lamp: ladder(state, lamp, moment.mono_s)[0] for lamp in state.lamps}
        ends_s = {lamp: _told_until_s(winner) for lamp, winner in winners.items()}
        orders = {lamp: _ORDERED.get(winner.rung, "automatic") for lamp, winner in winners.items()}
        same_ends, self._told_ends_s = ends_s == self._told_ends_s, ends_s
        if told is not None and same_ends and _timeless(report) == _timeless(told):
            return
        self._keeper.keep(self._topics.state, report.to_bytes())
        for lamp, now in report.lamps.items():
            payload = LampStatePayload.of_level(now.target_pct, orders[lamp])
            if self._told_lamps.get(lamp) != payload:
                self._told_lamps[lamp] = payload
                self._keeper.keep(self._topics.lamp_state(lamp), payload.to_bytes())


def _timeless(report: StatePayload) -> StatePayload:
    """Return the report without any time in it."""
    lamps = {lamp: told.model_copy(update={"until": None}) for lamp, told in report.lamps.items()}
    return report.model_copy(update={"at": None, "uptime_s": 0.0, "lamps": lamps})
