import asyncio
import json

import pytest

from controller.core.events import Event, NeighbourReported, PassageHeard, ProfileChanged
from controller.core.profile import Profile
from controller.core.site import Site, build_site
from controller.inbox import Inbox
from controller.listening import ALIVE_S, BELIEVED_S, Listener, Neighbours
from controller.mqtt.broker import Inbound
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from tests.core.build import straight_path
from tests.support.virtual_time import in_virtual_time

TOPICS = Topics("soest", "test", "n1")
PASSAGE = {"sensor": "M03", "boot": "b1", "seq": 7, "active": True, "age_s": 0.25}


def site() -> Site:
    return build_site(straight_path(), "n1")


def message(
    topic: str, content: object, *, retained: bool = False, raw: bytes | None = None
) -> Inbound:
    payload = json.dumps(content).encode() if raw is None else raw
    return Inbound(topic, payload, retained, 0)


async def taken(inbox: Inbox) -> list[Event]:
    events = []
    while (event := await inbox.get(0.0)) is not None:
        events.append(event)
    return events


# neighbours


def test_a_node_listens_to_those_whose_sensors_concern_its_lamps() -> None:
    heard = site().heard_nodes
    assert heard == {"n0", "n2"}
    neighbours = Neighbours(site(), TOPICS, Inbox())
    assert neighbours.subscriptions == {
        TOPICS.availability_of("n0"): 1,
        TOPICS.availability_of("n2"): 1,
        TOPICS.passage_of("n0"): 0,
        TOPICS.passage_of("n2"): 0,
    }


@pytest.mark.parametrize("active", [True, False])
async def test_an_announcement_becomes_an_event(*, active: bool) -> None:
    inbox = Inbox()
    said = message(TOPICS.passage_of("n0"), PASSAGE | {"active": active})
    Neighbours(site(), TOPICS, inbox).take(said)
    assert await taken(inbox) == [PassageHeard("M03", "b1", 7, 0.25, active)]


async def test_an_announcement_comes_after_the_nodes_own_sensors() -> None:
    inbox = Inbox()
    Neighbours(site(), TOPICS, inbox).take(message(TOPICS.passage_of("n0"), PASSAGE))
    own = ProfileChanged(Profile())
    inbox.put(own)
    assert (await taken(inbox))[0] == own


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (PASSAGE | {"sensor": "M05"}, "M05"),  # the listener's own
        (PASSAGE | {"sensor": "M08"}, "M08"),  # another neighbour's
        (PASSAGE | {"sensor": "M99"}, "M99"),
        (PASSAGE | {"sensor": ""}, "sensor"),
        (PASSAGE | {"age_s": 5.5, "active": False}, "age_s"),
        (PASSAGE | {"age_s": 86401.0}, "age_s"),
        (PASSAGE | {"age_s": -0.5}, "age_s"),
        (PASSAGE | {"seq": -1}, "seq"),
        (PASSAGE | {"seq": 1.5}, "seq"),
        (PASSAGE | {"seq": True}, "seq"),
        (PASSAGE | {"boot": ""}, "boot"),
        (PASSAGE | {"rider": "Anna"}, "rider"),
        ({"sensor": "M03"}, "boot"),
        ([], "payload"),
        (None, "payload"),
    ],
)
async def test_what_is_no_announcement_of_the_sender_changes_nothing(
    content: object, problem: str
) -> None:
    inbox = Inbox()
    with pytest.raises(PayloadError, match=problem):
        Neighbours(site(), TOPICS, inbox).take(message(TOPICS.passage_of("n0"), content))
    assert await taken(inbox) == []


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 5000, b"x" * 100_000, b"NaN"])
async def test_any_bytes_are_refused_without_harm(raw: bytes) -> None:
    inbox = Inbox()
    with pytest.raises(PayloadError):
        Neighbours(site(), TOPICS, inbox).take(message(TOPICS.passage_of("n0"), None, raw=raw))
    assert await taken(inbox) == []


async def test_a_retained_announcement_is_refused() -> None:
    inbox = Inbox()
    with pytest.raises(PayloadError, match="retain"):
        Neighbours(site(), TOPICS, inbox).take(
            message(TOPICS.passage_of("n0"), PASSAGE, retained=True)
        )
    assert await taken(inbox) == []


def word(node: str, payload: bytes, *, retained: bool = False) -> Inbound:
    return Inbound(TOPICS.availability_of(node), payload, retained, 1)


@pytest.mark.parametrize("retained", [True, False])
@pytest.mark.parametrize("gone", [b"offline", b""])
async def test_which_neighbours_are_there_becomes_events(gone: bytes, *, retained: bool) -> None:
    inbox = Inbox()
    neighbours = Neighbours(site(), TOPICS, inbox)
    neighbours.take(word("n2", b"online", retained=retained))
    assert await taken(inbox) == [NeighbourReported("n2", online=True)]
    neighbours.take(word("n2", gone, retained=retained))
    assert await taken(inbox) == [NeighbourReported("n2", online=False)]


@pytest.mark.parametrize("retained", [True, False])
def test_a_neighbour_that_does_not_say_again_that_it_is_there_is_silent(*, retained: bool) -> None:
    async def run() -> None:
        inbox = Inbox()
        neighbours = Neighbours(site(), TOPICS, inbox)
        neighbours.take(word("n2", b"online", retained=retained))
        await asyncio.sleep(BELIEVED_S - 1.0)
        neighbours.take(word("n2", b"online"))  # said again: the wait begins anew
        await asyncio.sleep(BELIEVED_S - 1.0)
        assert await taken(inbox) == [NeighbourReported("n2", online=True)]
        await asyncio.sleep(1.1)
        assert await taken(inbox) == [NeighbourReported("n2", online=False)]
        neighbours.take(word("n2", b"online"))
        assert await taken(inbox) == [NeighbourReported("n2", online=True)]

    in_virtual_time(run())


@pytest.mark.parametrize("lost", [True, False])
def test_of_a_neighbour_that_is_gone_nothing_is_awaited(*, lost: bool) -> None:
    async def run() -> None:
        inbox = Inbox()
        neighbours = Neighbours(site(), TOPICS, inbox)
        neighbours.take(word("n2", b"online"))
        if lost:
            neighbours.lost()
        else:
            neighbours.take(word("n2", b"offline"))
        await taken(inbox)
        await asyncio.sleep(2.0 * BELIEVED_S)
        assert await taken(inbox) == []

    in_virtual_time(run())


def test_a_node_says_that_it_is_there_more_often_than_is_waited_for() -> None:
    assert 2.0 * ALIVE_S < BELIEVED_S


async def test_only_changes_are_told_and_nobody_is_there_at_first() -> None:
    inbox = Inbox()
    neighbours = Neighbours(site(), TOPICS, inbox)
    for payload in (b"offline", b""):
        neighbours.take(word("n2", payload))
    neighbours.lost()
    assert await taken(inbox) == []
    neighbours.take(word("n2", b"online"))
    assert len(await taken(inbox)) == 1
    neighbours.take(word("n2", b"online"))
    assert await taken(inbox) == []


async def test_without_a_broker_nobody_is_there_until_it_says_so_again() -> None:
    inbox = Inbox()
    neighbours = Neighbours(site(), TOPICS, inbox)
    for node in ("n0", "n2"):
        neighbours.take(word(node, b"online"))
    await taken(inbox)
    neighbours.take(word("n0", b"offline"))
    await taken(inbox)
    for _ in range(2):
        neighbours.lost()
    assert await taken(inbox) == [NeighbourReported("n2", online=False)]
    neighbours.take(word("n2", b"online", retained=True))
    assert await taken(inbox) == [NeighbourReported("n2", online=True)]


@pytest.mark.parametrize("raw", [b"ONLINE", b"away", b'"online"', b"\xff", b"x" * 100_000])
async def test_another_word_is_refused_and_changes_nothing(raw: bytes) -> None:
    inbox = Inbox()
    neighbours = Neighbours(site(), TOPICS, inbox)
    neighbours.take(word("n2", b"online"))
    await taken(inbox)
    with pytest.raises(PayloadError, match="neither 'online' nor 'offline'"):
        neighbours.take(word("n2", raw))
    neighbours.take(word("n2", b"online"))
    assert await taken(inbox) == []


# who gets what


class Desk:
    """Whoever else takes messages; it notes them."""

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def take(self, message: Inbound) -> None:
        self.taken.append(message.topic)


async def test_each_topic_finds_its_listener() -> None:
    desk, inbox = Desk(), Inbox()
    listener = Listener(
        Neighbours(site(), TOPICS, inbox), dict.fromkeys(TOPICS.config_desired, desk.take)
    )
    assert listener.subscriptions == {
        **dict.fromkeys(TOPICS.config_desired, 1),
        TOPICS.availability_of("n0"): 1,
        TOPICS.availability_of("n2"): 1,
        TOPICS.passage_of("n0"): 0,
        TOPICS.passage_of("n2"): 0,
    }
    await listener.take(message(TOPICS.passage_of("n2"), PASSAGE | {"sensor": "M08"}))
    for topic in TOPICS.config_desired:
        await listener.take(message(topic, {"version": 4, "profile": {}}))
    await listener.take(word("n2", b"online"))
    await listener.take(message(TOPICS.passage_of("n9"), PASSAGE))
    await listener.take(word("n9", b"online"))
    await listener.take(message(TOPICS.state, {}))
    assert desk.taken == list(TOPICS.config_desired)
    kinds = [type(event) for event in await taken(inbox)]
    assert kinds == [NeighbourReported, PassageHeard]
    with pytest.raises(PayloadError):
        await listener.take(message(TOPICS.passage_of("n0"), "nonsense"))


def test_a_lonely_node_listens_to_its_operators_only() -> None:
    desk = Desk()
    alone = build_site(straight_path(lamps=4), "n0")
    listener = Listener(
        Neighbours(alone, TOPICS, Inbox()), dict.fromkeys(TOPICS.command, desk.take)
    )
    assert listener.subscriptions == dict.fromkeys(TOPICS.command, 1)
