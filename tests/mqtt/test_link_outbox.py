"""What must arrive arrives, in order and at least once, with a real mosquitto."""

import asyncio
from dataclasses import dataclass, field, replace

from controller.mqtt.outbound import Delivery
from tests.mqtt.links import IMPATIENT, STATE, make_link, running
from tests.mqtt.relay import Relay
from tests.mqtt.watching import until, watching
from tests.support.broker import Mosquitto, StartMosquitto

RECORDS = "cyclelight/v1/t/p/n1/energy/interval"
FAST = replace(IMPATIENT, deliveries_per_s=1e6, refused_s=0.01)


@dataclass
class Ledger:
    """So many records, handed out until they are known to have arrived."""

    number: int
    topic: str = RECORDS
    sent: int = 0
    offered: list[int] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self) -> Delivery:
        while self.sent >= self.number:
            self.more.clear()
            await self.more.wait()
        self.offered.append(self.sent)
        return Delivery(self.topic, str(self.sent).encode(), self.sent)

    def delivered(self, delivery: Delivery) -> None:
        assert delivery.number == self.sent
        self.sent += 1


async def test_records_arrive_in_order_after_the_state(mosquitto: Mosquitto) -> None:
    ledger = Ledger(100)
    link = make_link(mosquitto.port, outbox=ledger, limits=FAST)
    for number in range(50):
        link.keep(f"values/{number}", b"x")
    async with watching(mosquitto.port) as watch, running(link):
        await watch.until_seen(RECORDS, "99")
        assert watch.of(RECORDS) == [str(number) for number in range(100)]
        topics = [topic for topic, _ in watch.texts]
        assert topics.index(RECORDS) > max(topics.index(f"values/{n}") for n in range(50))
        assert not any(m.retain for m in watch.messages if m.topic.value == RECORDS)
        ledger.number = 101
        ledger.more.set()
        await watch.until_seen(RECORDS, "100")


async def test_nothing_is_lost_while_the_line_is_cut_again_and_again(
    mosquitto: Mosquitto, relay: Relay
) -> None:
    ledger = Ledger(300)
    async with (
        watching(mosquitto.port) as watch,
        running(make_link(relay.port, outbox=ledger, limits=FAST)),
    ):
        for after in range(20, 300, 40):
            await until(lambda after=after: ledger.sent >= after, "some records to be delivered")  # type: ignore[misc]
            relay.cut()
        await watch.until_seen(RECORDS, "299")
        arrived = [int(text) for text in watch.of(RECORDS)]
        assert sorted(set(arrived)) == list(range(300))
        assert sorted(arrived) == arrived, "one that comes again comes before later ones"


async def test_what_the_broker_refuses_is_offered_again(start_mosquitto: StartMosquitto) -> None:
    mosquitto = start_mosquitto(acl=f"topic read #\ntopic write {STATE}\n")
    ledger = Ledger(1)
    async with running(make_link(mosquitto.port, outbox=ledger, limits=FAST)) as link:
        await until(lambda: len(ledger.offered) >= 3, "the record to be offered again")
        assert ledger.sent == 0
        assert link.connected
        assert link.stats.refused_publishes >= 2


async def test_an_outbox_is_drained_no_faster_than_allowed(mosquitto: Mosquitto) -> None:
    ledger, slow = Ledger(1000), replace(FAST, deliveries_per_s=50.0)
    async with running(make_link(mosquitto.port, outbox=ledger, limits=slow)):
        await until(lambda: ledger.sent >= 1, "the first record")
        loop = asyncio.get_running_loop()
        begun_s, already = loop.time(), ledger.sent
        await until(lambda: ledger.sent >= 11, "some more")
        assert loop.time() - begun_s >= (ledger.sent - already - 1) / 50.0
