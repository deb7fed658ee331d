"""What the link publishes, with a real mosquitto."""

from structlog.testing import capture_logs

from tests.mqtt.links import AVAILABILITY, IMPATIENT, PASSAGE, STATE, make_link, running
from tests.mqtt.watching import until, watching
from tests.support.broker import Mosquitto, StartMosquitto


async def test_only_the_newest_kept_value_is_published(mosquitto: Mosquitto) -> None:
    link = make_link(mosquitto.port)
    for value in range(1000):
        link.keep(STATE, str(value).encode())
    async with watching(mosquitto.port) as watch, running(link):
        await watch.until_seen(STATE, "999")
        assert watch.of(STATE) == ["999"]


async def test_kept_values_are_published_again_after_the_broker_restarted(
    mosquitto: Mosquitto,
) -> None:
    topics = [f"cyclelight/v1/t/p/n1/lamp/L{number:02}/state" for number in range(45)]
    async with running(make_link(mosquitto.port)) as link:
        for topic in topics:
            link.keep(topic, b"before")
        await until(lambda: link.connected, "the link to be connected")
        mosquitto.stop()
        await until(lambda: not link.connected, "the link to notice")
        link.keep(topics[0], b"meanwhile")
        mosquitto.start()  # with nothing retained
        async with watching(mosquitto.port) as watch:
            await watch.until_seen(topics[0], "meanwhile")
            await watch.until_seen(topics[-1], "before")
            assert {topic for topic, _ in watch.texts} == {AVAILABILITY, *topics}


async def test_a_sent_message_overtakes_kept_values(mosquitto: Mosquitto) -> None:
    async with watching(mosquitto.port) as watch, running(make_link(mosquitto.port)) as link:
        await until(lambda: link.connected, "the link to be connected")
        for number in range(200):
            link.keep(f"values/{number}", b"x" * 2000)
        link.send(PASSAGE, b"now", expiry_s=5.0)
        await watch.until_seen(PASSAGE, "now")
        await watch.until_seen("values/199", "x" * 2000)
        assert [topic for topic, _ in watch.texts].index(PASSAGE) < 100


async def test_a_sent_message_tells_an_mqtt_5_broker_when_it_expires(mosquitto: Mosquitto) -> None:
    async with watching(mosquitto.port) as watch, running(make_link(mosquitto.port)) as link:
        link.send(PASSAGE, b"now", expiry_s=30.0)
        await watch.until_seen(PASSAGE, "now")
        (message,) = (m for m in watch.messages if m.topic.value == PASSAGE)
        assert 20 < vars(message.properties)["MessageExpiryInterval"] <= 30
        assert not message.retain


async def test_a_sent_message_that_expired_is_dropped(mosquitto: Mosquitto) -> None:
    mosquitto.stop()
    async with running(make_link(mosquitto.port)) as link:
        link.send(PASSAGE, b"old", expiry_s=0.0)
        mosquitto.start()
        async with watching(mosquitto.port) as watch:
            await until(lambda: link.stats.dropped_sends == 1, "the old message to be dropped")
            link.send(PASSAGE, b"new", expiry_s=5.0)
            await watch.until_seen(PASSAGE, "new")
            assert watch.of(PASSAGE) == ["new"]


async def test_a_hundred_thousand_calls_while_offline_need_no_more_room() -> None:
    calls = 100_000
    link = make_link(1)
    for number in range(calls):
        link.send(PASSAGE, b"x", expiry_s=60.0)
        link.keep(f"values/{number}", b"x")
    assert link.stats.dropped_sends == calls - IMPATIENT.waiting_sends
    assert link.stats.dropped_keeps == calls - IMPATIENT.kept_topics


async def test_a_refused_publication_is_counted_and_the_others_go_on(
    start_mosquitto: StartMosquitto,
) -> None:
    acl = f"topic read #\ntopic write {AVAILABILITY}\ntopic write {STATE}\n"
    mosquitto = start_mosquitto(acl=acl)
    with capture_logs() as logs:
        async with (
            watching(mosquitto.port) as watch,
            running(make_link(mosquitto.port)) as link,
        ):
            link.keep("forbidden", b"1")
            link.keep(STATE, b"1")
            await watch.until_seen(STATE, "1")
            link.keep("forbidden", b"2")
            await until(lambda: link.stats.refused_publishes == 2, "two refusals")
            assert link.connected
    complaints = [entry for entry in logs if entry["event"] == "mqtt publication refused"]
    assert [complaint["topic"] for complaint in complaints] == ["forbidden"]
