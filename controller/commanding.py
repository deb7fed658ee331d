"""Carries out operators' commands, each at most once, and answers every one of them."""

import math
from collections import OrderedDict
from datetime import tzinfo
from typing import Protocol

import structlog

from controller import __version__
from controller.command_reading import FORM, RefusedError, claimed_id, decoded, read, refusal
from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    IdentifyOrdered,
    OverrideCleared,
    OverrideOrdered,
)
from controller.core.fade import FULL_PCT
from controller.core.moment import Moment
from controller.core.orders import emergency_s, override_s
from controller.core.path import Path
from controller.core.state import State
from controller.mqtt.broker import Inbound
from controller.mqtt.commands import (
    ARGUMENTS,
    ClearOverrideArgs,
    Command,
    EmergencyArgs,
    ExplainArgs,
    IdentifyArgs,
    LampSet,
    NoArgs,
    OrderResult,
    OverrideArgs,
    PingResult,
    Reply,
    SelftestResult,
    parse_lamp_set,
)
from controller.mqtt.config import Trouble, bounded_errors
from controller.mqtt.payloads import Payload
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from controller.orders import EMERGENCY
from controller.reporting import explained, timestamp

_log = structlog.get_logger()

MOST_REMEMBERED = 1000
"""So many command ids are known to have been seen."""


class Surroundings(Protocol):
    """What commands need of the node. Nothing here may block or raise."""

    @property
    def state(self) -> State:
        """The newest state."""

    @property
    def store_fails(self) -> bool:
        """Whether the store does not take what is to be kept."""

    def moment(self) -> Moment:
        """Return the present moment."""

    def order(self, event: Event, lamps: tuple[str, ...]) -> None:
        """Let the core take an order, instead of older ones for these lamps."""

    def reply(self, reply: Reply) -> None:
        """Publish an answer."""

    def report(self) -> None:
        """Tell the state again."""


class Commands:
    """The commands of one node."""

    def __init__(
        self,
        path: Path,
        topics: Topics,
        around: Surroundings,
        *,
        zone: tzinfo,
    ) -> None:
        """`path`: with every lamp of the files, also those that are not driven."""
        self._path = path
        self._node = topics.node
        self._own_topic = topics.command[-1]
        self._lamp_of = {
            topics.lamp_set(lamp.id): lamp.id for lamp in path.lamps if lamp.node == topics.node
        }
        self._around = around
        self._zone = zone
        self._started_s = around.moment().mono_s
        self._seen: OrderedDict[str, None] = OrderedDict()

    @property
    def lamp_topics(self) -> tuple[str, ...]:
        """Where lamps are switched by Home Assistant."""
        return tuple(self._lamp_of)

    async def take(self, message: Inbound) -> None:
        """Carry out a command and answer it, or say everything that is wrong with it."""
        if not message.payload:
            return  # somebody removed a retained message
        name = None
        try:
            content = decoded(message)
            name = claimed_id(content)
            command = read(Command, content, (), FORM)
            self._check(command, message)
            hint = f"see {command.name} in docs/mqtt.md"
            arguments = read(ARGUMENTS[command.name], command.args, ("args",), hint)
            result = self._carried_out(arguments, command, everywhere=self._is_wide(message))
        except RefusedError as error:
            _log.warning("command_refused", id=name, errors=[x.problem for x in error.troubles])
            errors = bounded_errors(error.troubles)
            self._around.reply(Reply(id=name, ok=False, errors=errors))
        else:
            self._remember(command.id)
            self._around.reply(Reply(id=name, ok=True, result=result.model_dump(mode="json")))

    async def take_lamp_set(self, message: Inbound) -> None:
        """Switch a lamp as Home Assistant wants it. Raises PayloadError for what it may not say."""
        if message.retained:
            raise PayloadError("retained: brokers would repeat it; publish without retain")
        wanted, lamp = parse_lamp_set(message.payload), self._lamp_of[message.topic]
        if wanted.effect == "automatic":
            self._around.order(OverrideCleared((lamp,)), (lamp,))
        else:
            order = OverrideOrdered((lamp,), _level_pct(wanted), None)
            self._around.order(order, (lamp,))

    # --- may it be carried out? -------------------------------------------------------------------

    def _is_wide(self, message: Inbound) -> bool:
        return message.topic != self._own_topic

    def _check(self, command: Command, message: Inbound) -> None:
        if message.retained:
            hint = "publish commands without retain"
            raise refusal("message", "is retained: brokers would repeat it", hint)
        if command.id in self._seen:
            raise refusal("id", "was seen before", "use a new id for every command")
        now_utc_s = self._around.moment().utc_s
        if command.expires_at is not None and now_utc_s is not None:
            late_s = now_utc_s - command.expires_at.timestamp()
            if late_s >= 0.0:
                problem = f"has passed {late_s:.0f} s ago"
                raise refusal("expires_at", problem, "send it again; compare the clocks")

    def _remember(self, command_id: str) -> None:
        self._seen[command_id] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)

    # --- one command each -------------------------------------------------------------------------

    def _carried_out(self, arguments: Payload, command: Command, *, everywhere: bool) -> Payload:
        match arguments:
            case OverrideArgs():
                return self._override(arguments, everywhere=everywhere)
            case ClearOverrideArgs():
                lamps = self._lamps(arguments.lamps, everywhere=everywhere)
                self._around.order(OverrideCleared(lamps), lamps)
                return OrderResult(lamps=list(lamps))
            case EmergencyArgs():
                return self._emergency(arguments)
            case ExplainArgs(lamp=lamp):
                self._check_lamps([lamp], "args.lamp")
                return explained(self._around.state, lamp, self._around.moment(), self._zone)
            case IdentifyArgs(lamp=lamp, duration_s=duration_s):
                self._check_lamps([lamp], "args.lamp")
                self._around.order(IdentifyOrdered(lamp, duration_s), ())
                return self._ordered((lamp,), duration_s)
            case _:
                return self._told(command)

    def _told(self, command: Command) -> Payload:
        match command.name:
            case "selftest":
                return self._selftest()
            case "report":
                self._around.report()
                return NoArgs()
            case _:
                moment = self._around.moment()
                return PingResult(
                    at=timestamp(moment.mono_s, moment, self._zone),
                    uptime_s=moment.mono_s - self._started_s,
                    version=__version__,
                )

    def _override(self, wanted: OverrideArgs, *, everywhere: bool) -> Payload:
        rules = self._around.state.profile.override
        if wanted.duration_s is not None and wanted.duration_s > rules.greatest_s:
            problem = f"{wanted.duration_s:g} is above override.greatest_s of the profile"
            hint = f"at most {rules.greatest_s:g}"
            raise refusal("args.duration_s", problem, hint)
        lamps = self._lamps(wanted.lamps, everywhere=everywhere)
        order = OverrideOrdered(lamps, wanted.level_pct, wanted.duration_s)
        self._around.order(order, lamps)
        return self._ordered(lamps, override_s(rules, wanted.duration_s))

    def _emergency(self, wanted: EmergencyArgs) -> Payload:
        lamps = tuple(self._around.state.lamps)
        if not wanted.active:
            self._around.order(EmergencyEnded(), (EMERGENCY,))
            return OrderResult(lamps=list(lamps))
        duration_s = emergency_s(self._around.state.profile.override, wanted.duration_s)
        self._around.order(EmergencyDeclared(duration_s), (EMERGENCY,))
        return self._ordered(lamps, duration_s)

    def _ordered(self, lamps: tuple[str, ...], duration_s: float) -> OrderResult:
        moment = self._around.moment()
        until = timestamp(moment.mono_s + duration_s, moment, self._zone)
        return OrderResult(lamps=list(lamps), seconds=duration_s, until=until)

    def _lamps(self, wanted: list[str] | None, *, everywhere: bool) -> tuple[str, ...]:
        """Return the driven lamps that are meant. To all nodes one may name those of others."""
        driven = self._around.state.lamps
        if wanted is None:
            return tuple(driven)
        if not everywhere:
            self._check_lamps(wanted, "args.lamps")
        return tuple(lamp for lamp in dict.fromkeys(wanted) if lamp in driven)

    def _check_lamps(self, wanted: list[str], place: str) -> None:
        """Refuse lamps that this node does not drive."""
        driven = self._around.state.lamps
        known = ", ".join(sorted(driven)[:40])
        troubles = [
            Trouble(place=place, problem=self._why_not(lamp), hint=f"known: {known}")
            for lamp in wanted
            if lamp not in driven
        ]
        if troubles:
            raise RefusedError(*troubles)

    def _why_not(self, lamp: str) -> str:
        if any(x.id == lamp and x.node == self._node for x in self._path.lamps):
            return f'"{lamp}" is not driven by this node: its driver could not be opened'
        return f'"{lamp}" is no lamp of this node'

    def _selftest(self) -> Payload:
        state = self._around.state
        lamps = [lamp.id for lamp in self._path.lamps if lamp.node == self._node]
        unreadable, silent = state.watch.unreadable, state.watch.silent
        return SelftestResult(
            lamps={x: "driven" if x in state.lamps else "not_driven" for x in lamps},
            sensors={
                x: "unreadable" if x in unreadable else "read"
                for x in sorted(state.site.own_sensors)
            },
            neighbours={
                x: "silent" if math.isinf(silent.get(x, 0.0)) else "online"
                for x in sorted(state.site.heard_nodes)
            },
            clock_trusted=self._around.moment().utc_s is not None,
            store="failing" if self._around.store_fails else "writable",
        )


def _level_pct(wanted: LampSet) -> float:
    """Return the level that Home Assistant means."""
    if wanted.state == "OFF":
        return 0.0
    return FULL_PCT if wanted.brightness is None else float(wanted.brightness)
