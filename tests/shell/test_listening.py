import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from controller.bookkeeping import Bookkeeper
from controller.core.events import Event, NeighbourReported, PassageHeard, ProfileChanged
from controller.core.profile import Profile
from controller.core.site import Site, build_site
from controller.inbox import Inbox
from controller.listening import Configuration, Listener, Neighbours
from controller.mqtt.broker import Inbound
from controller.mqtt.payloads import MOST_ERRORS
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from controller.settings.profile import profile_document
from controller.store.store import Store, StoredProfile, StoreError
from tests.core.build import straight_path
from tests.shell.fakes import Clock, Kept

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


# the profile that operators desire

ACTIVE = Profile(version=3)
BRIGHTER = {"levels": {"base_pct": 20.0}}


class Notebook(Bookkeeper):
    """The real bookkeeper, counting what it is asked to keep; its disk can fail."""

    def __init__(self, store: Store, executor: ThreadPoolExecutor) -> None:
        super().__init__(store, lambda: store, executor, Clock().moment)
        self.kept: list[int] = []
        self.fault = ""

    async def keep_profile(self, version: int, document: object) -> None:
        if self.fault:
            raise StoreError(self.fault)
        self.kept.append(version)
        await super().keep_profile(version, document)  # type: ignore[arg-type]


class Desk:
    """A configuration between a real store, an inbox and a keeper."""

    def __init__(self, store: Store, executor: ThreadPoolExecutor) -> None:
        self.store = store
        self.books = Notebook(store, executor)
        self.inbox = Inbox()
        self.kept = Kept()
        self.configuration = Configuration(
            ACTIVE, topics=TOPICS, inbox=self.inbox, books=self.books, keeper=self.kept
        )

    async def desire(self, content: object, raw: bytes | None = None) -> None:
        desired = message(TOPICS.config_desired, content, retained=True, raw=raw)
        await self.configuration.take(desired)

    @property
    def answers(self) -> list[dict[str, object]]:
        assert {topic for topic, _ in self.kept.said} <= {TOPICS.config_reported}
        return [json.loads(payload) for _, payload in self.kept.said]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ThreadPoolExecutor(1) as executor:
        store = Store(tmp_path)
        yield Desk(store, executor)
        store.close()


def answered(
    *, version: int | None, active: Profile, errors: list[object] | None = None
) -> dict[str, object]:
    document: dict[str, object] = json.loads(json.dumps(profile_document(active)))
    return {
        "version": version,
        "applied": not errors,
        "active_version": active.version,
        "profile": document,
        "errors": errors or [],
    }


def brighter(version: int) -> Profile:
    return replace(Profile(version=version), levels=replace(Profile().levels, base_pct=20.0))


async def test_which_profile_is_active_is_said_without_being_asked(desk: Desk) -> None:
    desk.configuration.report()
    assert desk.answers == [answered(version=3, active=ACTIVE)]


async def test_a_good_profile_is_kept_applied_and_answered(desk: Desk) -> None:
    with capture_logs() as lines:
        await desk.desire({"version": 4, "profile": BRIGHTER})
    assert desk.answers == [answered(version=4, active=brighter(4))]
    assert await taken(desk.inbox) == [ProfileChanged(brighter(4))]
    assert desk.store.last_profile() == StoredProfile(4, BRIGHTER)
    assert [x["event"] for x in lines] == ["profile_applied"]
    desk.configuration.report()
    assert desk.answers[-1]["active_version"] == 4


async def test_the_same_again_is_answered_and_not_written(desk: Desk) -> None:
    for _ in range(3):
        await desk.desire({"version": 4, "profile": BRIGHTER})
    assert desk.books.kept == [4]
    assert len(await taken(desk.inbox)) == 1
    assert desk.answers == 3 * [answered(version=4, active=brighter(4))]


async def test_the_same_under_a_new_version_is_kept_as_that(desk: Desk) -> None:
    await desk.desire({"version": 4, "profile": BRIGHTER})
    await desk.desire({"version": 5, "profile": BRIGHTER})
    assert desk.store.last_profile() == StoredProfile(5, BRIGHTER)
    assert desk.answers[-1] == answered(version=5, active=brighter(5))


async def test_a_profile_reported_can_be_desired(desk: Desk) -> None:
    await desk.desire({"version": 4, "profile": BRIGHTER})
    await desk.desire({"version": 4, "profile": desk.answers[-1]["profile"]})
    assert desk.books.kept == [4]
    assert desk.answers[-1] == answered(version=4, active=brighter(4))


async def test_a_faulty_profile_is_refused_with_every_fault_and_nothing_changes(desk: Desk) -> None:
    with capture_logs() as lines:
        await desk.desire(
            {
                "version": 4,
                "profile": {
                    "levels": {"base_pct": 120.0, "presens_pct": 10.0},
                    "presence": {"hold_s": "20"},
                    "daylight": {"on_lux": 60.0},
                },
            }
        )
    (answer,) = desk.answers
    errors = answer["errors"]
    assert isinstance(errors, list)
    assert sorted(x["place"] for x in errors) == [
        "daylight.on_lux",
        "levels.base_pct",
        "levels.presens_pct",
        "presence.hold_s",
    ]
    assert all(x["problem"] and x["hint"] for x in errors)
    assert answer == answered(version=4, active=ACTIVE, errors=errors)
    assert (await taken(desk.inbox), desk.books.kept) == ([], [])
    assert desk.store.last_profile() is None
    assert [(x["event"], x["errors"]) for x in lines] == [("profile_refused", 4)]


async def test_the_answer_to_a_thousand_faults_is_short(desk: Desk) -> None:
    nonsense = {f"setting_{number}": number for number in range(1000)}
    await desk.desire({"version": 4, "profile": nonsense})
    errors = desk.answers[0]["errors"]
    assert isinstance(errors, list)
    assert len(errors) == MOST_ERRORS
    assert "more errors" in errors[-1]["problem"]


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"version": 4}',
        b'{"profile": {}}',
        b'{"version": 0, "profile": {}}',
        b'{"version": true, "profile": {}}',
        b'{"version": 4.0, "profile": {}}',
        b'{"version": 4, "profile": []}',
        b'{"version": 4, "profile": {}, "now": true}',
        b'{"version": 4, "version": 5, "profile": {}}',
        b'{"version": 9007199254740993, "profile": {}}',
        b"[" * 60_000,
        b" " * 70_000,
    ],
)
async def test_what_is_no_desired_profile_is_answered_and_changes_nothing(
    desk: Desk, raw: bytes
) -> None:
    await desk.desire(None, raw=raw)
    (answer,) = desk.answers
    errors = answer["errors"]
    assert isinstance(errors, list)
    assert [x["place"] for x in errors] == ["message"]
    assert "version" in errors[0]["hint"]
    assert answer == answered(version=None, active=ACTIVE, errors=errors)
    assert (await taken(desk.inbox), desk.books.kept) == ([], [])


async def test_an_empty_message_desires_nothing(desk: Desk) -> None:
    await desk.desire(None, raw=b"")
    assert (desk.answers, await taken(desk.inbox), desk.books.kept) == ([], [], [])


async def test_a_profile_that_cannot_be_kept_is_refused_and_can_be_sent_again(desk: Desk) -> None:
    desk.books.fault = "the disk is full"
    await desk.desire({"version": 4, "profile": BRIGHTER})
    (answer,) = desk.answers
    errors = answer["errors"]
    assert isinstance(errors, list)
    assert errors[0]["place"] == "state_dir"
    assert "the disk is full" in errors[0]["problem"]
    assert answer == answered(version=4, active=ACTIVE, errors=errors)
    assert await taken(desk.inbox) == []
    desk.books.fault = ""
    await desk.desire({"version": 4, "profile": BRIGHTER})
    assert desk.answers[-1] == answered(version=4, active=brighter(4))


async def test_an_older_version_may_be_desired_again(desk: Desk) -> None:
    await desk.desire({"version": 5, "profile": BRIGHTER})
    await desk.desire({"version": 4, "profile": {}})
    assert desk.answers[-1] == answered(version=4, active=Profile(version=4))


# who gets what


async def test_each_topic_finds_its_listener(desk: Desk) -> None:
    listener = Listener(
        Neighbours(site(), TOPICS, desk.inbox), desk.configuration, TOPICS.config_desired
    )
    assert listener.subscriptions == {
        TOPICS.config_desired: 1,
        TOPICS.availability_of("n0"): 1,
        TOPICS.availability_of("n2"): 1,
        TOPICS.passage_of("n0"): 0,
        TOPICS.passage_of("n2"): 0,
    }
    await listener.take(message(TOPICS.passage_of("n2"), PASSAGE | {"sensor": "M08"}))
    await listener.take(message(TOPICS.config_desired, {"version": 4, "profile": {}}))
    await listener.take(word("n2", b"online"))
    await listener.take(message(TOPICS.passage_of("n9"), PASSAGE))
    await listener.take(word("n9", b"online"))
    await listener.take(message(TOPICS.state, {}))
    kinds = [type(event) for event in await taken(desk.inbox)]
    assert kinds == [ProfileChanged, NeighbourReported, PassageHeard]
    with pytest.raises(PayloadError):
        await listener.take(message(TOPICS.passage_of("n0"), "nonsense"))


def test_a_lonely_node_listens_to_its_operator_only(desk: Desk) -> None:
    alone = build_site(straight_path(lamps=4), "n0")
    neighbours = Neighbours(alone, TOPICS, desk.inbox)
    listener = Listener(neighbours, desk.configuration, TOPICS.config_desired)
    assert listener.subscriptions == {TOPICS.config_desired: 1}
