import asyncio
from collections.abc import Iterable

import pytest

from controller.commissioning import selftest
from controller.mqtt.broker import Broker
from controller.mqtt.operator import BrokerError, Session, operating
from tests.commissioning.bench import HASTE, Place, line, mqtt
from tests.ctl.ran import Ran
from tests.support.broker import HOST, Mosquitto, StartMosquitto, free_port

ROOT = "cyclelight/v1/soest/small"
LOGIN = ("soest.small.n1", "wrong horse")


def keep(port: int, topic: str, payload: bytes, login: tuple[str, str] | None = None) -> None:
    """Publish a retained value as a neighbour does."""

    async def publish() -> None:
        name, password = login or (None, None)
        broker = Broker(HOST, "neighbour", port, username=name, password=password)
        async with operating(broker, timeout_s=10.0) as session:
            await session.keep(topic, payload)

    asyncio.run(publish())


def talk(place: Place, port: int, more: str = "") -> Ran:
    place.write(mqtt=mqtt(port, more))
    return place.selftest("--lamps", "", "--sensors", "")


def login_of(place: Place) -> str:
    (place.folder / "password").write_text(f"{LOGIN[1]}\n")
    return f'username = "{LOGIN[0]}"\npassword_file = "password"'


def test_the_broker_takes_and_gives_every_topic_and_the_neighbour_is_online(
    place: Place, mosquitto: Mosquitto
) -> None:
    keep(mosquitto.port, f"{ROOT}/n2/availability", b"online")
    ran = talk(place, mosquitto.port)
    assert (ran.status, ran.err) == (0, "")
    where = f"ok broker {HOST}:{mosquitto.port}"
    [entry, publishes, subscribes] = [x for x in ran.lines if " ".join(x.split()).startswith(where)]
    assert "lets the node in without a user name, not encrypted" in entry
    assert "takes all 13 topics of the node" in publishes
    assert "topics that the node reads" in subscribes
    assert line(ran, "ok neighbour n2") == "ok neighbour n2: is online"


def test_what_is_left_behind_is_the_truth(place: Place, mosquitto: Mosquitto) -> None:
    """Nothing is retained but that the node is offline, and nobody's values are removed."""
    keep(mosquitto.port, f"{ROOT}/n1/availability", b"online")
    keep(mosquitto.port, f"{ROOT}/n1/state", b"{}")
    talk(place, mosquitto.port)

    async def retained() -> dict[str, bytes]:
        found = {}
        async with operating(Broker(HOST, "who", mosquitto.port), timeout_s=10.0) as session:
            await session.subscribe(["cyclelight/#", "homeassistant/#"])
            while (message := await session.next(0.5)) is not None:
                found[message.topic] = message.payload
        return found

    assert asyncio.run(retained()) == {
        f"{ROOT}/n1/availability": b"offline",
        f"{ROOT}/n1/state": b"{}",
    }


def test_nobody_at_the_address(place: Place) -> None:
    port = free_port()
    ran = talk(place, port)
    assert ran.status == 1
    assert "Hint: compare mqtt.host and mqtt.port" in line(ran, f"failed broker {HOST}:{port}")
    assert "cannot be heard without a broker" in line(ran, "skipped neighbour n2")


def test_a_wrong_password_is_refused_and_never_repeated(
    place: Place, start_mosquitto: StartMosquitto
) -> None:
    mosquitto = start_mosquitto(login=(LOGIN[0], "right horse"))
    place.write(mqtt=mqtt(mosquitto.port, login_of(place)))
    record = place.folder / "record.json"
    ran = place.selftest("--lamps", "", "--sensors", "", "--record", str(record))
    assert ran.status == 1
    told = line(ran, f"failed broker {HOST}:{mosquitto.port}")
    assert "Hint: compare mqtt.username and what is in mqtt.password_file" in told
    assert "horse" not in ran.out + ran.err + record.read_text()


def test_the_right_password_stands_in_no_record(
    place: Place, start_mosquitto: StartMosquitto
) -> None:
    mosquitto = start_mosquitto(login=LOGIN)
    keep(mosquitto.port, f"{ROOT}/n2/availability", b"online", LOGIN)
    place.write(mqtt=mqtt(mosquitto.port, login_of(place)))
    record = place.folder / "record.txt"
    ran = place.selftest("--lamps", "", "--sensors", "", "--record", str(record))
    assert ran.status == 0
    assert f"lets the node in as {LOGIN[0]}" in ran.out
    assert "horse" not in ran.out + ran.err + record.read_text()


def test_a_password_file_that_cannot_be_read(place: Place, mosquitto: Mosquitto) -> None:
    login = login_of(place)
    (place.folder / "password").write_bytes(b"\xff\xff")
    ran = talk(place, mosquitto.port, login)
    assert "it is not UTF-8 text" in line(ran, "failed broker")


def test_topics_that_may_not_be_published_are_named(
    place: Place, start_mosquitto: StartMosquitto
) -> None:
    acl = f"topic readwrite {ROOT}/n1/availability\ntopic write {ROOT}/n1/state\ntopic read #\n"
    mosquitto = start_mosquitto(acl=acl)
    ran = talk(place, mosquitto.port)
    told = line(ran, f"failed broker {HOST}:{mosquitto.port}: does not let the node publish on")
    assert f"{ROOT}/n1/passage" in told
    assert f"{ROOT}/n1/lamp/L1/state" in told
    assert f"{ROOT}/n1/availability" not in told
    assert f"{ROOT}/n1/state," not in told
    assert told.endswith("Hint: let this node's user do it in the broker's access list")


def test_with_mqtt_3_a_silent_refusal_is_warned_of(place: Place, mosquitto: Mosquitto) -> None:
    ran = talk(place, mosquitto.port, 'protocol = "3.1.1"')
    assert "takes all 13 topics of the node (with MQTT 3.1.1 a broker never says" in ran.out


def test_topics_that_may_not_be_read_are_named(
    place: Place, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: Session, filters: Iterable[str]) -> None:
        refused = [x for x in filters if x.endswith("/passage")]
        raise BrokerError("refused", f"no permission to read {', '.join(refused)}")

    monkeypatch.setattr(Session, "subscribe", refuse)
    ran = talk(place, mosquitto.port)
    told = line(ran, f"failed broker {HOST}:{mosquitto.port}: no permission to read")
    assert f"no permission to read {ROOT}/n2/passage. Hint: let this node's user" in told


@pytest.mark.parametrize("method", ["subscribe", "send"])
def test_a_broker_that_goes_away_meanwhile(
    place: Place, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def lose(*_: object, **__: object) -> None:
        raise BrokerError("lost", "the connection was lost")

    monkeypatch.setattr(Session, method, lose)
    ran = talk(place, mosquitto.port)
    told = line(ran, "failed broker")
    assert "the connection was lost. Hint: try again; if it stays so" in told
    assert line(ran, "skipped neighbour n2")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (None, "has never been heard"),
        (b"offline", "is offline"),
        (b"perhaps", "is offline"),
    ],
)
def test_a_neighbour_that_is_not_there(
    place: Place,
    mosquitto: Mosquitto,
    monkeypatch: pytest.MonkeyPatch,
    said: bytes | None,
    told: str,
) -> None:
    monkeypatch.setattr(selftest, "UNATTENDED", HASTE)
    if said is not None:
        keep(mosquitto.port, f"{ROOT}/n2/availability", said)
    ran = talk(place, mosquitto.port)
    assert ran.status == 1
    assert f"{told}. Hint: commission that node, too" in line(ran, "failed neighbour n2")
