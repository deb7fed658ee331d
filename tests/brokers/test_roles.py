"""On a real mosquitto with the generated roles: who may say and hear what, and nothing else."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from controller.broker_roles.roles import AUDIENCE
from controller.mqtt.catalogue import ROWS, Row
from tests.brokers.authority import Authority
from tests.brokers.cast import visit
from tests.brokers.delivered import Delivered
from tests.brokers.visitor import NOT_AUTHORISED

# Row by row who publishes and who hears, written by hand. Of the nodes of the canal: n2 is `node`,
# n1 and n3 are its neighbours, n4 is not. `anna`, `house`, `plan` and `bridge` have the path,
# `tina` all of the tenant.
TABLE = {
    "availability": ("node bridge", "neighbour anna tina house plan"),
    "state": ("node bridge", "anna tina house"),
    "lampState": ("node bridge", "anna tina house"),
    "lampSet": ("house", "node bridge"),
    "energyTotal": ("node bridge", "anna tina house"),
    "energyInterval": ("node bridge", "anna tina plan"),
    "night": ("node bridge", "anna tina plan"),
    "count": ("node bridge", "anna tina plan"),
    "alarm": ("node bridge", "anna tina"),
    "passage": ("node", "neighbour"),
    "configDesired": ("anna tina", "node bridge anna tina"),
    "configReported": ("node bridge", "anna tina"),
    "configSchema": ("node bridge", "anna tina"),
    "command": ("anna tina", "node bridge"),
    "reply": ("node bridge", "anna tina"),
}
LOGINS = {
    "node": "muenster.kanalpromenade.n2",
    "bridge": "muenster.kanalpromenade",
    "anna": "anna",
    "tina": "tina",
    "house": "house",
    "plan": "plan",
    "root": "root",
    "stranger": "muenster.kanalpromenade.n9",
}
NODES = {"n2": "own", "n1": "beside", "n3": "beside", "n4": "far"}


class Spot(NamedTuple):
    """Where a topic points to. `path` and `node` may be `all`."""

    tenant: str
    path: str
    node: str


SPOTS = [
    *(Spot("muenster", "kanalpromenade", node) for node in NODES),
    Spot("muenster", "ring", "n2"),
    Spot("soest", "small", "n1"),
]
EVERYBODY = "cyclelight/v1/muenster/all/all/"
WHOLE_PATH = "cyclelight/v1/muenster/kanalpromenade/all/"
FILTERS = [
    "#",
    "+/#",
    "+/+/+/+/+/+",
    "+/+/+/+/+/passage",
    "cyclelight/#",
    "cyclelight/v1/muenster/#",
    "cyclelight/v1/muenster/kanalpromenade/#",
    "cyclelight/v1/muenster/kanalpromenade/+/+",
    "cyclelight/v1/muenster/kanalpromenade/n2/#",
    "cyclelight/v1/muenster/kanalpromenade/+/passage",
    "cyclelight/v1/+/+/+/state",
    "$SYS/#",
    "$share/all/#",
    "$share/all/cyclelight/v1/muenster/kanalpromenade/n4/passage",
]


def topics() -> Iterator[tuple[str, Row, Spot]]:
    """Every topic of the table at every spot, with its row."""
    for row in ROWS:
        for address in row.addresses:
            for spot in SPOTS:
                topic = address.format(**spot._asdict(), lamp="L01")
                _, _, tenant, path, node, *_ = topic.split("/")
                yield topic, row, Spot(tenant, path, node)


TOPICS = {topic: (row, spot) for topic, row, spot in topics()}


def concerns(who: str, spot: Spot) -> bool:
    """Whether a spot is among those that somebody has."""
    tenant, path, node = spot
    match who:
        case "node":
            return (path, node) == ("all", "all") or (
                path == "kanalpromenade" and node in ("n2", "all")
            )
        case "neighbour":
            return path == "kanalpromenade" and NODES.get(node) == "beside"
        case "tina":
            return tenant == "muenster"
        case _:
            return tenant == "muenster" and path in ("kanalpromenade", "all")


def expected(who: str, right: int) -> set[str]:
    """What somebody may publish (0) or hear (1), as the table says."""
    names = ["node", "neighbour"] if (who, right) == ("node", 1) else [who]
    found = {
        topic
        for topic, (row, spot) in TOPICS.items()
        if spot.tenant == "muenster"
        for name in names
        if name in TABLE[row.name][right].split() and concerns(name, spot)
    }
    # Only who has the whole tenant speaks to all of its paths at once.
    return {x for x in found if right or who == "tina" or not x.startswith(EVERYBODY)}


def allowed(answers: dict[str, int]) -> set[str]:
    """What was not refused; every refusal has the same reason."""
    assert {code for code in answers.values() if code >= 0x80} <= {NOT_AUTHORISED}
    return {topic for topic, code in answers.items() if code < 0x80}


def test_the_table_has_every_topic() -> None:
    assert TABLE.keys() == AUDIENCE.keys() == {row.name for row in ROWS}


@pytest.mark.parametrize("who", LOGINS)
def test_everything_foreign_is_refused(
    path_broker: Delivered, authority: Authority, who: str
) -> None:
    with visit(path_broker, authority, LOGINS[who]) as visitor:
        assert visitor.let_in, visitor.why + path_broker.log
        assert allowed(visitor.publish(TOPICS)) == expected(who, 0)
        assert allowed(visitor.subscribe(TOPICS)) == expected(who, 1)
        assert allowed(visitor.subscribe(FILTERS)) == set()


def test_a_node_of_another_tenant_has_nothing_here(
    path_broker: Delivered, authority: Authority
) -> None:
    with visit(path_broker, authority, "soest.small.n1") as visitor:
        mine = allowed(visitor.publish(TOPICS)) | allowed(visitor.subscribe(TOPICS))
        assert mine
        assert not any("muenster" in topic for topic in mine)


def test_what_is_let_through_arrives_and_nothing_else(
    path_broker: Delivered, authority: Authority
) -> None:
    speakers = ["node", "anna", "tina", "house"]
    listeners = ["node", "bridge", "anna", "tina", "house", "plan"]
    said: set[str] = set()
    for who in listeners:
        with visit(path_broker, authority, LOGINS[who]) as listener:
            listener.subscribe(expected(who, 1))
            for speaker in speakers:
                if speaker != who:
                    with visit(path_broker, authority, LOGINS[speaker]) as visitor:
                        said |= allowed(visitor.publish(expected(speaker, 0)))
            with visit(path_broker, authority, "muenster.kanalpromenade.n1") as neighbour:
                said |= allowed(
                    neighbour.publish(t for t, (_, s) in TOPICS.items() if s == SPOTS[1])
                )
            awaited = {
                topic
                for topic in expected(who, 1) & said
                if who not in TABLE[TOPICS[topic][0].name][0].split() or who == "node"
            }
            listener.wait(lambda: {m[0] for m in listener.messages} >= awaited)  # noqa: B023 waited for here
            assert {m[0] for m in listener.messages} <= expected(who, 1)


@pytest.mark.parametrize("who", ["node", "bridge", "house"])
def test_home_assistant_is_told_of_its_own_path_only(
    path_broker: Delivered, authority: Authority, who: str
) -> None:
    own = "homeassistant/light/cyclelight_-muenster_-kanalpromenade_-n2/lamp_-L01/config"
    others = [
        own.replace("-n2", "-n4"),
        own.replace("kanalpromenade", "ring"),
        own.replace("muenster", "soest"),
        "homeassistant/light/somebody/lamp/config",
    ]
    foreign = others[1:] if who == "bridge" else others
    with visit(path_broker, authority, LOGINS[who]) as visitor:
        answers = visitor.publish([own, *foreign, "homeassistant/status"])
        assert allowed(answers) == ({"homeassistant/status"} if who == "house" else {own})
        heard = visitor.subscribe(["homeassistant/#", "homeassistant/status"])
        assert allowed(heard) == (set(heard) if who == "house" else {"homeassistant/status"})


def test_home_assistant_is_not_sent_what_others_announce(
    path_broker: Delivered, authority: Authority
) -> None:
    own = "homeassistant/light/cyclelight_-muenster_-kanalpromenade_-n2/lamp_-L01/config"
    foreign = "homeassistant/light/cyclelight_-soest_-small_-n1/lamp_-L1/config"
    with visit(path_broker, authority, "house") as house:
        house.subscribe(["homeassistant/#"])
        with visit(path_broker, authority, "soest.small.n1") as node:
            assert allowed(node.publish([foreign])) == {foreign}
        with visit(path_broker, authority, LOGINS["node"]) as node:
            node.publish([own])
        house.wait(lambda: house.messages)
        assert [topic for topic, _, _ in house.messages] == [own]


def test_only_the_admin_changes_roles(path_broker: Delivered, authority: Authority) -> None:
    control = "$CONTROL/dynamic-security/v1"
    for name in ("anna", "tina", "plan", LOGINS["node"], "root"):
        with visit(path_broker, authority, name) as visitor:
            answer = visitor.publish([control], '{"commands": []}')[control]
            assert (answer == NOT_AUTHORISED) == (name != "root")
