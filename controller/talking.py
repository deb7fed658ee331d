"""A node's whole MQTT side: reports, neighbours, operators. The lamps need none of it."""

import asyncio
import uuid
from collections.abc import Callable
from datetime import date
from zoneinfo import ZoneInfo

import structlog

from controller.bookkeeping import Bookkeeper
from controller.broker_access import in_clear_text, node_broker, node_client_id
from controller.commanding import Commands
from controller.configuration import Configuration
from controller.core.effects import AnnouncePassage
from controller.core.events import Event
from controller.core.health.alarms import AlarmChange
from controller.core.moment import Moment
from controller.core.state import State
from controller.discovery import Discovery
from controller.housekeeping import COUNT, Housekeeper
from controller.inbox import Inbox
from controller.listening import ALIVE_S, Listener, Neighbours
from controller.memory import Memory
from controller.mqtt.broker import Limits
from controller.mqtt.commands import Reply
from controller.mqtt.homeassistant import BIRTH_TOPIC
from controller.mqtt.link import Link
from controller.mqtt.payloads import (
    GREATEST_AGE_S,
    GREATEST_STAY_S,
    ONLINE,
    PassagePayload,
)
from controller.mqtt.topics import Topics
from controller.nightly import last_night
from controller.orders import OrderKeeper
from controller.outbox import RECORD, LedgerOutbox
from controller.reporting import Reporter, alarm_payload, energy_total
from controller.settings.node import Mqtt
from controller.settings.site import Installation
from controller.store.store import StoreError, Totals

_log = structlog.get_logger()

# Retained topics of the node itself: state, totals, settings, and what Home Assistant shows of it.
NODE_TOPICS = 32
TOPICS_A_LAMP = 2
REPLY_EXPIRY_S = 60.0
ALARM_EXPIRY_S = 86_400.0


class Talk:
    """Everything of a node that needs the broker."""

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        mqtt: Mqtt,
        installation: Installation,
        memory: Memory,
        state: State,
        *,
        inbox: Inbox,
        books: Bookkeeper,
        orders: OrderKeeper,
        house: Housekeeper,
        alarms: Callable[[], tuple[str, ...]],
        moment: Callable[[], Moment],
    ) -> None:
        """Set up; nothing is sent before `run`. Raises OSError if a password file is unreadable."""
        path = state.site.path
        self.state = state
        self.moment = moment
        self._topics = topics = Topics(path.tenant, path.id, state.site.node)
        self._zone = ZoneInfo(path.timezone)
        self._inbox = inbox
        self._books = books
        self._orders = orders
        self._house = house
        self._committed = asyncio.Event()
        self._boot = uuid.uuid4().hex
        self._profile_changed = asyncio.Event()
        self._configuration = Configuration(
            installation.profile,
            memory.layers if memory.readable else None,
            path=installation.path,
            topics=topics,
            inbox=inbox,
            books=books,
            keeper=self,
        )
        commands = Commands(installation.path, topics, self, zone=self._zone)
        self._discovery = Discovery(
            path,
            topics,
            lambda: self.state.profile,
            memory.announced,
            books=books,
            keeper=self,
        )
        neighbours = Neighbours(state.site, topics, inbox)
        listener = Listener(
            neighbours,
            {
                **dict.fromkeys(topics.config_desired, self._configuration.take),
                **dict.fromkeys(topics.command, commands.take),
                **dict.fromkeys(commands.lamp_topics, commands.take_lamp_set),
                BIRTH_TOPIC: self._discovery.take,
            },
        )
        self._outbox = LedgerOutbox(
            books,
            {RECORD: topics.energy_interval, COUNT: topics.count},
            self._zone,
            memory.boot,
        )
        if in_clear_text(mqtt):
            _log.warning("mqtt_not_encrypted", broker=mqtt.host, remedy="name a ca_file in [mqtt]")
        kept_topics = NODE_TOPICS + TOPICS_A_LAMP * len(state.lamps) + len(memory.announced)
        self._link = Link(
            node_broker(mqtt, node_client_id(topics.tenant, topics.path, topics.node)),
            availability_topic=topics.availability,
            subscriptions=listener.subscriptions,
            on_message=listener.take,
            on_lost=neighbours.lost,
            outbox=self._outbox,
            limits=Limits(kept_topics=kept_topics),
        )
        self._reporter = Reporter(self, topics, moment, self._zone, alarms)

    # --- what the parts need of the node ----------------------------------------------------------

    @property
    def store_fails(self) -> bool:
        """Whether the store does not take what is to be kept."""
        return self._books.fails

    def keep(self, topic: str, payload: bytes) -> None:
        """Publish the newest value of a retained topic."""
        self._link.keep(topic, payload)

    def order(self, event: Event, lamps: tuple[str, ...]) -> None:
        """Let the core take an operator's order, instead of older ones for these lamps."""
        self._orders.superseded(lamps)
        self._inbox.put(event)

    def reply(self, reply: Reply) -> None:
        """Publish the answer to a command."""
        self._link.send(self._topics.reply, reply.to_bytes(), expiry_s=REPLY_EXPIRY_S, qos=1)

    def report(self) -> None:
        """Tell the state again."""
        self._reporter.tell_again()

    # --- what the node has to say -----------------------------------------------------------------

    def announce(self, passage: AnnouncePassage) -> None:
        """Tell the neighbours about a passage, now or never."""
        payload = passage_payload(passage, self._boot)
        self._link.send(self._topics.passage, payload.to_bytes(), expiry_s=GREATEST_AGE_S)

    def changed(self, state: State) -> None:
        """Report the state when there is time."""
        other_profile = state.profile is not self.state.profile
        self.state = state
        self._reporter.changed(state)
        if other_profile:
            self._profile_changed.set()

    def alarm_changed(self, change: AlarmChange) -> None:
        """Tell that something broke, or is well again."""
        self._reporter.look_again()
        payload = alarm_payload(change, self.moment(), self._zone)
        self._link.send(self._topics.alarm, payload.to_bytes(), expiry_s=ALARM_EXPIRY_S, qos=1)

    def _tell_totals(self, totals: Totals) -> None:
        self._outbox.news()
        self._committed.set()
        self._link.keep(self._topics.energy_total, energy_total(totals, self._zone).to_bytes())

    async def run(self) -> None:
        """Talk, for ever."""
        self._configuration.report()
        await self._books.tell(self._tell_totals)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._link.run())
            tasks.create_task(self._reporter.run())
            tasks.create_task(self._staying())
            tasks.create_task(self._discovering())
            tasks.create_task(self._after_commits())

    async def _staying(self) -> None:
        """Say again and again that this node is there."""
        while True:
            await asyncio.sleep(ALIVE_S)
            self._link.send(self._topics.availability, ONLINE, expiry_s=ALIVE_S, qos=1)

    async def _after_commits(self) -> None:
        """Do what waits for a commit: take up settings that the store withheld, tell nights.

        A night's account is told when it is over, and that of the last one after a start.
        """
        told: date | None = None
        while True:
            await self._committed.wait()
            self._committed.clear()
            await self._take_up_settings()
            utc_s = self.moment().utc_s
            if utc_s is None or told == last_night(utc_s, self._zone):
                continue
            try:
                night = await self._books.ask(self._house.night)
            except StoreError as error:
                _log.warning("night_not_told", error=str(error))
                continue
            told = last_night(utc_s, self._zone)
            if night is not None:
                self._link.keep(self._topics.night, night.to_bytes())

    async def _take_up_settings(self) -> None:
        """Look after settings that the store could not give or keep: it works again."""
        try:
            await self._configuration.store_works()
        except StoreError as error:
            _log.warning("settings_not_read", error=str(error))

    async def _discovering(self) -> None:
        while True:
            self._profile_changed.clear()
            await self._discovery.announce()
            await self._profile_changed.wait()


def passage_payload(passage: AnnouncePassage, boot: str) -> PassagePayload:
    """Describe a passage, with an age that can be told. `boot`: of this node."""
    greatest_s = GREATEST_STAY_S if passage.active else GREATEST_AGE_S
    return PassagePayload(
        sensor=passage.sensor,
        boot=boot,
        seq=passage.seq,
        active=passage.active,
        age_s=min(passage.age_s, greatest_s),
    )
