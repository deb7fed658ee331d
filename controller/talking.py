"""A node's whole MQTT side: link, reports, neighbours, configuration. The lamps need none of it."""

import asyncio
import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

from controller.bookkeeping import Bookkeeper
from controller.core.effects import AnnouncePassage
from controller.core.moment import Moment
from controller.core.state import State
from controller.inbox import Inbox
from controller.listening import Configuration, Listener, Neighbours
from controller.mqtt.broker import Broker, Limits
from controller.mqtt.link import Link
from controller.mqtt.payloads import GREATEST_AGE_S, GREATEST_STAY_S, PassagePayload
from controller.mqtt.topics import Topics
from controller.reporting import Reporter, energy_total
from controller.settings.node import Mqtt
from controller.store.store import Totals

FIXED_TOPICS = 8


class Talk:
    """Everything of a node that needs the broker."""

    def __init__(
        self,
        mqtt: Mqtt,
        state: State,
        *,
        inbox: Inbox,
        books: Bookkeeper,
        moment: Callable[[], Moment],
    ) -> None:
        """Set up; nothing is sent before `run`. Raises OSError if a password file is unreadable."""
        path = state.site.path
        self._topics = Topics(path.tenant, path.id, state.site.node)
        self._zone = ZoneInfo(path.timezone)
        self._books = books
        self._boot = uuid.uuid4().hex
        self._configuration = Configuration(
            state.profile, topics=self._topics, inbox=inbox, books=books, keeper=self
        )
        neighbours = Neighbours(state.site, self._topics, inbox)
        listener = Listener(neighbours, self._configuration, self._topics.config_desired)
        self._link = Link(
            _broker(mqtt, self._topics),
            availability_topic=self._topics.availability,
            subscriptions=listener.subscriptions,
            on_message=listener.take,
            on_lost=neighbours.lost,
            limits=Limits(kept_topics=len(state.lamps) + FIXED_TOPICS),
        )
        self._reporter = Reporter(self, self._topics, moment, self._zone)

    def keep(self, topic: str, payload: bytes) -> None:
        """Publish the newest value of a retained topic."""
        self._link.keep(topic, payload)

    def announce(self, passage: AnnouncePassage) -> None:
        """Tell the neighbours about a passage, now or never."""
        payload = passage_payload(passage, self._boot)
        self._link.send(self._topics.passage, payload.to_bytes(), expiry_s=GREATEST_AGE_S)

    def changed(self, state: State) -> None:
        """Report the state when there is time."""
        self._reporter.changed(state)

    def _tell_totals(self, totals: Totals) -> None:
        self._link.keep(self._topics.energy_total, energy_total(totals, self._zone).to_bytes())

    async def run(self) -> None:
        """Talk, for ever."""
        self._configuration.report()
        await self._books.tell(self._tell_totals)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._link.run())
            tasks.create_task(self._reporter.run())


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


def _broker(mqtt: Mqtt, topics: Topics) -> Broker:
    password = None
    if mqtt.password_file is not None:
        password = mqtt.password_file.read_text(encoding="utf-8").rstrip("\r\n")
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        client_id=f"cyclelight-{topics.tenant}-{topics.path}-{topics.node}",
        protocol=mqtt.protocol,
        username=mqtt.username,
        password=password,
        ca_file=mqtt.ca_file,
        cert_file=mqtt.cert_file,
        key_file=mqtt.key_file,
        keepalive_s=mqtt.keepalive_s,
    )
