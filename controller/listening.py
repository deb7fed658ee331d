"""What a node hears over MQTT: its neighbours, and the profile its operators desire.

Whatever bytes arrive, the lamps go on: a message that is not what its topic promises is refused
and changes nothing.
"""

from collections.abc import Mapping
from typing import cast

import structlog
from pydantic import JsonValue

from controller.bookkeeping import Bookkeeper
from controller.core.events import NeighbourReported, PassageHeard, ProfileChanged
from controller.core.path import Path
from controller.core.profile import Profile
from controller.core.site import Site
from controller.inbox import Inbox
from controller.mqtt.broker import Inbound
from controller.mqtt.payloads import (
    ConfigError,
    PassagePayload,
    ReportedConfig,
    bounded_errors,
    parse_availability,
    parse_desired,
    parse_passage,
)
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from controller.reporting import Keeper
from controller.settings.faults import SettingsError
from controller.settings.profile import parse_profile, profile_document
from controller.store.store import StoreError

_log = structlog.get_logger()


class Neighbours:
    """Turns into events what neighbours announce, and whether they are there to announce it."""

    def __init__(self, site: Site, topics: Topics, inbox: Inbox) -> None:
        """Listen to the nodes whose sensors concern this node's lamps."""
        self._inbox = inbox
        nodes = sorted(site.heard_nodes)
        self._node_of = {topics.availability_of(node): node for node in nodes}
        self._sensors_of = {topics.passage_of(node): _sensors_of(site.path, node) for node in nodes}
        self._online: set[str] = set()

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """The topics with their QoS: a passage is worth one try, who is there must be known."""
        return dict.fromkeys(self._node_of, 1) | dict.fromkeys(self._sensors_of, 0)

    def take(self, message: Inbound) -> None:
        """Pass on what a neighbour says. Raises PayloadError for what is not to be understood."""
        if message.topic in self._node_of:
            online = parse_availability(message.payload)
            self._report(self._node_of[message.topic], online=online)
        else:
            self._take_passage(message)

    def lost(self) -> None:
        """Count nobody as there: there is no broker any more that could tell of anybody."""
        for node in sorted(self._online):
            self._report(node, online=False)

    def _report(self, node: str, *, online: bool) -> None:
        if online == (node in self._online):
            return
        self._online ^= {node}
        self._inbox.put_neighbour(NeighbourReported(node, online))

    def _take_passage(self, message: Inbound) -> None:
        if message.retained:
            raise PayloadError("retained: a passage is news or nothing; publish without retain")
        passage: PassagePayload = parse_passage(message.payload)
        if passage.sensor not in self._sensors_of[message.topic]:
            raise PayloadError(f"sensor: {passage.sensor!r} is not one of the sending node's")
        self._inbox.put_from_network(
            PassageHeard(
                passage.sensor, passage.boot, passage.seq, passage.age_s, active=passage.active
            )
        )


def _sensors_of(path: Path, node: str) -> frozenset[str]:
    return frozenset(s.id for s in path.motion_sensors if s.node == node)


class Configuration:
    """Answers desired profiles: applied and kept, or refused with every error and unchanged."""

    def __init__(
        self, active: Profile, *, topics: Topics, inbox: Inbox, books: Bookkeeper, keeper: Keeper
    ) -> None:
        """Begin with the profile in use."""
        self._active = active
        self._topics = topics
        self._inbox = inbox
        self._books = books
        self._keeper = keeper

    def report(self) -> None:
        """Tell which profile is in use."""
        self._answer(self._active.version, ())

    async def take(self, message: Inbound) -> None:
        """Apply and keep a desired profile, or say everything that is wrong with it."""
        if not message.payload:
            return  # somebody removed the retained message: nothing is desired, nothing changes
        version: int | None = None
        try:
            desired = parse_desired(message.payload)
            version = desired.version
            profile = parse_profile(desired.profile, version=version, source=message.topic)
            if profile != self._active:
                await self._books.keep_profile(version, desired.profile)
        except PayloadError as error:
            self._refuse(version, [ConfigError(place="message", problem=str(error), hint=_FORM)])
        except SettingsError as error:
            self._refuse(
                version,
                [ConfigError(place=f.place, problem=f.problem, hint=f.hint) for f in error.faults],
            )
        except StoreError as error:
            self._refuse(
                version,
                [ConfigError(place="state_dir", problem=str(error), hint="free the disk, resend")],
            )
        else:
            self._apply(profile)

    def _apply(self, profile: Profile) -> None:
        if profile != self._active:
            self._active = profile
            self._inbox.put(ProfileChanged(profile))
            _log.info("profile_applied", version=profile.version)
        self._answer(profile.version, ())

    def _refuse(self, version: int | None, errors: list[ConfigError]) -> None:
        _log.warning("profile_refused", version=version, errors=len(errors))
        self._answer(version, tuple(errors))

    def _answer(self, version: int | None, errors: tuple[ConfigError, ...]) -> None:
        reported = ReportedConfig(
            version=version,
            applied=not errors,
            active_version=self._active.version,
            profile=cast("dict[str, JsonValue]", profile_document(self._active)),
            errors=bounded_errors(errors),
        )
        self._keeper.keep(self._topics.config_reported, reported.to_bytes())


_FORM = 'send {"version": a whole number from 1, "profile": {...}}'


class Listener:
    """Hands each message to whoever its topic belongs to."""

    def __init__(self, neighbours: Neighbours, configuration: Configuration, desired: str) -> None:
        """`desired`: the topic of the desired profile."""
        self._neighbours = neighbours
        self._configuration = configuration
        self._desired = desired

    @property
    def subscriptions(self) -> Mapping[str, int]:
        """Every topic listened to, with its QoS: settings must arrive."""
        return {self._desired: 1, **self._neighbours.subscriptions}

    async def take(self, message: Inbound) -> None:
        """Take a message. Raises PayloadError for what is refused without an answer."""
        if message.topic == self._desired:
            await self._configuration.take(message)
        elif message.topic in self._neighbours.subscriptions:
            self._neighbours.take(message)
