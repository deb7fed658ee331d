"""From the broker of a path to that of the town: what passes, what waits, and what never leaves."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.broker_roles.roles import AUDIENCE, bridge_role
from controller.mqtt.catalogue import ROWS
from tests.brokers.authority import CONFIG, Authority
from tests.brokers.cast import CANAL, visit
from tests.brokers.delivered import CERTIFICATES, Delivered
from tests.support.broker import HOST

TEXT = (CONFIG / "bridge.conf").read_text()
LINES = re.findall(r"^topic (\S+) (in|out) ([01])$", TEXT, re.MULTILINE)
TOP = "cyclelight/v1/muenster/kanalpromenade/n2/"
NODE = "muenster.kanalpromenade.n2"
COMMAND = TOP + "command"


def test_the_bridge_carries_what_its_role_allows_and_the_table_says() -> None:
    expected = {("homeassistant/+/+/+/config", "out", "0"), ("homeassistant/status", "in", "1")}
    for row in ROWS:
        direction = "out" if row.publisher == "node" else "in"
        qos = "0" if row.retained and direction == "out" else "1"
        for address in row.addresses if AUDIENCE[row.name] or direction == "in" else ():
            topic = address.format(tenant="stadt", path="kanal", node="+", lamp="+")
            if "kanal/all" not in topic:  # which + has, too
                expected.add((topic, direction, qos))
    assert len(LINES) == len(expected)
    assert set(LINES) == expected
    assert not any("passage" in topic for topic, _, _ in LINES)
    assert not any("passage" in topic for topic in bridge_role(CANAL).sends)


@dataclass
class Pair:
    """A path's broker and the town's, with a bridge between them."""

    path: Delivered
    town: Delivered


@pytest.fixture
def pair(tmp_path: Path, authority: Authority, roles: dict[str, Any]) -> Iterator[Pair]:
    town = Delivered(tmp_path / "town", "town.conf", authority, roles)
    town.start()
    text = TEXT.replace("town.example:8883", f"{HOST}:{town.ports[CERTIFICATES]}")
    text = text.replace("restart_timeout 5 60", "restart_timeout 1")
    text = text.replace("stadt", CANAL.tenant).replace("kanal", CANAL.id)
    path = Delivered(tmp_path / "path", "path.conf", authority, roles, text)
    own = authority.issue("bridge", name=f"{CANAL.tenant}.{CANAL.id}")
    path.add(own.cert_file, "bridge.crt")
    path.add(own.key_file, "bridge.key")
    path.start()
    yield Pair(path, town)
    path.stop()
    town.stop()


def test_everything_passes_but_passages(pair: Pair, authority: Authority) -> None:
    with visit(pair.path, authority, NODE) as node, visit(pair.town, authority, "tina") as tina:
        tina.subscribe(["cyclelight/v1/muenster/+/+/availability"])
        node.publish([TOP + "availability"], "online", retain=True)
        tina.wait(lambda: tina.messages)
        assert tina.messages == [(TOP + "availability", b"online", False)]

        told = [
            row.addresses[0].format(tenant=CANAL.tenant, path=CANAL.id, node="n2", lamp="L01")
            for row in ROWS
            if row.publisher == "node"
        ]
        hearable = [topic for topic in told if not topic.endswith("/passage")]
        tina.subscribe(hearable)
        node.publish(told, "y")
        tina.wait(
            lambda: {topic for topic, what, _ in tina.messages if what == b"y"} >= {*hearable}
        )
        assert "passage" not in pair.town.log
        assert "Denied" not in pair.town.log


def test_orders_come_down(pair: Pair, authority: Authority) -> None:
    wanted = [
        COMMAND,
        "cyclelight/v1/muenster/kanalpromenade/all/command",
        "cyclelight/v1/muenster/all/all/command",
        TOP + "config/desired",
    ]
    with visit(pair.path, authority, NODE) as node, visit(pair.town, authority, "tina") as tina:
        node.subscribe(wanted)
        tina.subscribe([TOP + "reply"])
        node.publish([TOP + "reply"], "there")
        tina.wait(lambda: tina.messages)  # the bridge is up
        tina.publish(wanted)
        node.wait(lambda: {topic for topic, _, _ in node.messages} == {*wanted})


def test_what_must_arrive_waits_for_the_town_and_comes_in_order(
    pair: Pair, authority: Authority
) -> None:
    interval, state = TOP + "energy/interval", TOP + "state"
    with visit(pair.path, authority, NODE) as node:
        with visit(pair.town, authority, "tina") as tina:
            tina.subscribe([TOP + "reply"])
            node.publish([TOP + "reply"])
            tina.wait(lambda: tina.messages)
        pair.town.stop()
        for number in range(500):
            node.publish([interval], str(number))
            node.publish([state], str(number), retain=True)
        node.publish([TOP + "passage"])
        with contextlib.ExitStack() as stack:
            with pair.path.standing_still():
                pair.town.start()
                tina = stack.enter_context(visit(pair.town, authority, "tina"))
                tina.subscribe([interval, state])
            tina.wait(lambda: (interval, b"499", False) in tina.messages)
            tina.wait(lambda: any(m[:2] == (state, b"499") for m in tina.messages))
            numbers = [int(what) for topic, what, _ in tina.messages if topic == interval]
            assert numbers == sorted(numbers)
            missing = set(range(500)) - set(numbers)
            assert not missing
            states = [what for topic, what, _ in tina.messages if topic == state]
            assert set(states) == {b"499"}  # only the newest, not what it was meanwhile


def test_an_order_that_could_not_be_delivered_is_not_delivered_later(
    pair: Pair, authority: Authority
) -> None:
    with visit(pair.town, authority, "tina") as tina:
        with visit(pair.path, authority, NODE) as node:
            tina.subscribe([TOP + "reply"])
            node.publish([TOP + "reply"])
            tina.wait(lambda: tina.messages)
        pair.path.stop()
        tina.publish([COMMAND], "late")
        pair.path.start()
        with visit(pair.path, authority, NODE) as node:
            node.subscribe([COMMAND])
            node.publish([TOP + "reply"])
            tina.wait(lambda: len(tina.messages) == 2)
            tina.publish([COMMAND], "now")
            node.wait(lambda: node.messages)
            assert [what for _, what, _ in node.messages] == [b"now"]
