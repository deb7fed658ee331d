"""The broker, let in as the node is, and the neighbours that are heard through it."""

import asyncio
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from controller.broker_access import node_broker, passing_client_id
from controller.commissioning.bench import Bench
from controller.core.site import Site, build_site
from controller.ctl.trouble import broker_name
from controller.inbox import Inbox
from controller.listening import Neighbours
from controller.mqtt.broker import Broker
from controller.mqtt.catalogue import ROWS
from controller.mqtt.homeassistant import BIRTH_TOPIC
from controller.mqtt.operator import BrokerError, Session, TroubleKind, operating
from controller.mqtt.payloads import OFFLINE, parse_availability
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from controller.settings.node import Mqtt

BROKER, NEIGHBOUR = "broker", "neighbour"
NOTHING = b""
"""A message that means nothing to whoever reads the topic."""

_REMEDIES: Mapping[TroubleKind, str] = MappingProxyType(
    {
        "unreachable": "compare mqtt.host and mqtt.port; is the broker running, the network up?",
        "denied": "compare mqtt.username and what is in mqtt.password_file with the broker's users",
        "untrusted": "compare mqtt.ca_file with the broker's certificate, mqtt.host with its name",
        "refused": "let this node's user do it in the broker's access list",
        "lost": "try again; if it stays so, look at the broker's log",
    }
)
_ABSENT = (
    "commission that node, too, then test again: until it is heard, the lamps next to it stay lit"
)


async def try_broker(bench: Bench) -> None:
    """Talk to the broker as the node will, then listen for the neighbours."""
    site = build_site(bench.installation.path, bench.settings.node)
    heard = sorted(site.heard_nodes)
    if bench.settings.mqtt is None:
        bench.results.skipped(BROKER, "", "the node file has no [mqtt]: this node works alone")
        online = None
    else:
        online = await _talk(bench, bench.settings.mqtt, site)
    for node in heard:
        if online is None:
            bench.results.skipped(NEIGHBOUR, node, "cannot be heard without a broker")
        elif online.get(node):
            bench.results.ok(NEIGHBOUR, node, "is online")
        else:
            text = "is offline" if node in online else "has never been heard"
            bench.results.failed(NEIGHBOUR, node, text, _ABSENT)


async def _talk(bench: Bench, mqtt: Mqtt, site: Site) -> Mapping[str, bool] | None:
    """Return which of the neighbours that were heard are online; None without a broker."""
    try:
        broker = node_broker(mqtt, passing_client_id("try"))
    except OSError as error:
        text = f"mqtt.password_file {mqtt.password_file}: {error.strerror or error}"
        bench.results.failed(BROKER, "", text, "name a readable file in the table [mqtt]")
        return None
    subject = broker_name(broker).removeprefix("broker ")
    try:
        async with operating(broker, timeout_s=bench.pace.reply_s) as session:
            return await _converse(bench, session, broker, site)
    except BrokerError as error:
        bench.results.failed(BROKER, subject, error.reason, _REMEDIES[error.kind])
        return None


async def _converse(
    bench: Bench, session: Session, broker: Broker, site: Site
) -> Mapping[str, bool]:
    """Try every topic of the node; raises BrokerError when the conversation ends."""
    subject = broker_name(broker).removeprefix("broker ")
    login = f"as {broker.username}" if broker.username else "without a user name"
    secure = "encrypted" if broker.ca_file else "not encrypted"
    bench.results.ok(BROKER, subject, f"lets the node in {login}, {secure}")
    topics = Topics(site.path.tenant, site.path.id, site.node)
    lamps = tuple(site.lamps)
    await _try_publishing(bench, session, subject, _topics(topics, lamps, own=True))
    beside = Neighbours(site, topics, Inbox()).subscriptions
    wanted = [*_topics(topics, lamps, own=False), *beside, BIRTH_TOPIC]
    await _try_subscribing(bench, session, subject, wanted)
    expected = {
        topics.availability_of(neighbour): neighbour for neighbour in sorted(site.heard_nodes)
    }
    return await _listen(bench, session, expected)


def _topics(topics: Topics, lamps: tuple[str, ...], *, own: bool) -> Iterator[str]:
    """Give the topics that the node publishes (`own`) or that others publish for it."""
    names = {"tenant": topics.tenant, "path": topics.path, "node": topics.node}
    for row in ROWS:
        if (row.publisher == "node") == own:
            for address in row.addresses:
                filled = (address.format(**names, lamp=lamp) for lamp in lamps)
                yield from dict.fromkeys(
                    filled if "{lamp}" in address else [address.format(**names)]
                )


async def _try_publishing(
    bench: Bench, session: Session, subject: str, topics: Iterator[str]
) -> None:
    refused: list[str] = []
    tried = 0
    for topic in topics:
        tried += 1
        try:
            if topic.endswith("/availability"):
                # The truth, until the service runs: the one retained word that is published here.
                await session.keep(topic, OFFLINE)
            else:
                await session.send(topic, NOTHING, expiry_s=bench.pace.reply_s)
        except BrokerError as error:
            if error.kind != "refused":
                raise
            refused.append(topic)
    if refused:
        text = f"does not let the node publish on {', '.join(refused)}"
        bench.results.failed(BROKER, subject, text, _REMEDIES["refused"])
    else:
        silent = bench.settings.mqtt is not None and bench.settings.mqtt.protocol == "3.1.1"
        caution = " (with MQTT 3.1.1 a broker never says that it refuses)" if silent else ""
        bench.results.ok(BROKER, subject, f"takes all {tried} topics of the node{caution}")


async def _try_subscribing(bench: Bench, session: Session, subject: str, topics: list[str]) -> None:
    try:
        await session.subscribe(topics)
    except BrokerError as error:
        if error.kind != "refused":
            raise
        bench.results.failed(BROKER, subject, error.reason, _REMEDIES["refused"])
    else:
        bench.results.ok(BROKER, subject, f"gives all {len(topics)} topics that the node reads")


async def _listen(
    bench: Bench, session: Session, expected: Mapping[str, str]
) -> Mapping[str, bool]:
    """Return what was heard of each neighbour's availability, by its id."""
    online: dict[str, bool] = {}
    loop = asyncio.get_running_loop()
    deadline_s = loop.time() + bench.pace.neighbour_s
    while not all(online.get(node) for node in expected.values()):
        message = await session.next(max(0.0, deadline_s - loop.time()))
        if message is None:
            break
        if message.topic in expected:
            try:
                online[expected[message.topic]] = parse_availability(message.payload)
            except PayloadError:
                online[expected[message.topic]] = False
    return online
