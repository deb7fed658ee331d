"""Desired profiles, layer by layer: applied and kept, or refused with every error."""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest
from structlog.testing import capture_logs

from controller.bookkeeping import Bookkeeper
from controller.configuration import Configuration
from controller.core.events import Event, ProfileChanged
from controller.core.layers import LAYERS, Layer
from controller.core.profile import Profile
from controller.inbox import Inbox
from controller.mqtt.broker import Inbound
from controller.mqtt.config import MOST_ERRORS
from controller.mqtt.topics import Topics
from controller.settings.layers import STORED, LayerDocument, layers_document, stored_layers
from controller.settings.profile import profile_document
from controller.store.store import Store, StoreError
from tests.core.build import straight_path
from tests.shell.fakes import BOOT, ZONE, Kept

TOPICS = Topics("soest", "test", "n1")
_T = TypeVar("_T")


async def taken(inbox: Inbox) -> list[Event]:
    events = []
    while (event := await inbox.get(0.0)) is not None:
        events.append(event)
    return events


# the profile that operators desire

ACTIVE = Profile(version=3)
BRIGHTER = {"levels": {"base_pct": 20.0}}


class Notebook(Bookkeeper):
    """The real bookkeeper, counting what it is asked to keep; its disk can fail."""

    def __init__(self, store: Store, executor: ThreadPoolExecutor) -> None:
        super().__init__(store, lambda: store, executor, boot=BOOT, zone=ZONE)
        self.kept: list[str] = []
        self.fault = ""

    async def keep(self, name: str, document: Mapping[str, object]) -> None:
        self.kept.append(name)
        await super().keep(name, document)

    async def ask(self, question: Callable[[Store], _T]) -> _T:
        if self.fault:
            raise StoreError(self.fault)
        return await super().ask(question)


class Desk:
    """A configuration between a real store, an inbox and a keeper."""

    def __init__(
        self, store: Store, executor: ThreadPoolExecutor, *, readable: bool = True
    ) -> None:
        self.store = store
        self.books = Notebook(store, executor)
        self.inbox = Inbox()
        self.kept = Kept()
        self.configuration = Configuration(
            ACTIVE,
            {} if readable else None,
            path=straight_path(),
            topics=TOPICS,
            inbox=self.inbox,
            books=self.books,
            keeper=self.kept,
        )

    async def desire(
        self, content: object, layer: Layer = "node", *, raw: bytes | None = None
    ) -> None:
        payload = json.dumps(content).encode() if raw is None else raw
        topic = TOPICS.config_desired[LAYERS.index(layer)]
        await self.configuration.take(Inbound(topic, payload, retained=True, qos=1))

    @property
    def answers(self) -> list[dict[str, Any]]:
        return [json.loads(payload) for payload in self.kept.of(TOPICS.config_reported)]

    @property
    def last(self) -> dict[str, Any]:
        return self.answers[-1]

    @property
    def stored(self) -> dict[Layer, LayerDocument]:
        return stored_layers(self.store.kept(STORED) or {})


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ThreadPoolExecutor(1) as executor:
        store = Store(tmp_path)
        yield Desk(store, executor)
        store.close()


@pytest.fixture
def forgetful(desk: Desk) -> Desk:
    """A node that started while its disk could not be read, and forgets nothing for that."""
    known = {"path": LayerDocument(2, {"levels": {"base_pct": 25.0}})}
    desk.store.keep(STORED, layers_document(known))
    forgetful = Desk(desk.store, desk.books._executor, readable=False)
    forgetful.books.fault = "the disk is asleep"
    return forgetful


def answered(
    *, version: int | None, active: Profile, layer: Layer | None = "node", applied: bool = True
) -> dict[str, object]:
    return {
        "layer": layer,
        "version": version,
        "applied": applied,
        "active_version": active.version,
        "profile": json.loads(json.dumps(profile_document(active))),
    }


def in_short(answer: dict[str, Any]) -> dict[str, object]:
    return {name: answer[name] for name in answered(version=0, active=ACTIVE)}


def places(answer: dict[str, Any]) -> list[str]:
    return sorted(error["place"] for error in answer["errors"])


def brighter(version: int) -> Profile:
    return replace(ACTIVE, version=version, levels=replace(ACTIVE.levels, base_pct=20.0))


async def test_which_profile_is_active_and_what_it_may_say_is_told_without_being_asked(
    desk: Desk,
) -> None:
    desk.configuration.report()
    assert in_short(desk.last) == answered(version=None, layer=None, active=ACTIVE)
    assert desk.last["layers"] == {
        layer: {"version": 0, "refused_version": None} for layer in LAYERS
    }
    (schema,) = desk.kept.of(TOPICS.config_schema)
    assert "levels" in json.loads(schema)["properties"]
    assert "version" not in json.loads(schema)["properties"]


@pytest.mark.parametrize("layer", LAYERS)
async def test_a_good_profile_is_kept_applied_and_answered(desk: Desk, layer: Layer) -> None:
    with capture_logs() as lines:
        await desk.desire({"version": 4, "profile": BRIGHTER}, layer)
    assert in_short(desk.last) == answered(version=4, layer=layer, active=brighter(4))
    assert desk.last["errors"] == []
    assert desk.last["layers"][layer] == {"version": 4, "refused_version": None}
    assert await taken(desk.inbox) == [ProfileChanged(brighter(4))]
    assert desk.stored == {layer: LayerDocument(4, BRIGHTER)}
    assert [x["event"] for x in lines] == ["profile_applied"]


async def test_the_node_lies_over_the_path_over_the_tenant_over_the_files(desk: Desk) -> None:
    await desk.desire({"version": 9, "profile": {"levels": {"base_pct": 30.0}}}, "node")
    await desk.desire(
        {"version": 2, "profile": {"levels": {"base_pct": 25.0}, "presence": {"hold_s": 7.0}}},
        "path",
    )
    await desk.desire(
        {"version": 1, "profile": {"presence": {"hold_s": 5.0, "calm_s": 3.0}}}, "tenant"
    )
    profile = desk.last["profile"]
    assert profile["levels"]["base_pct"] == 30.0
    assert (profile["presence"]["hold_s"], profile["presence"]["calm_s"]) == (7.0, 3.0)
    assert profile["levels"]["presence_pct"] == ACTIVE.levels.presence_pct
    assert desk.last["active_version"] == 9
    assert {layer: x["version"] for layer, x in desk.last["layers"].items()} == {
        "tenant": 1,
        "path": 2,
        "node": 9,
    }
    await desk.desire({"version": 10, "profile": {}}, "node")
    assert desk.last["profile"]["levels"]["base_pct"] == 25.0


async def test_the_same_again_is_answered_and_not_written(desk: Desk) -> None:
    for _ in range(3):
        await desk.desire({"version": 4, "profile": BRIGHTER})
    assert desk.books.kept == [STORED]
    assert len(await taken(desk.inbox)) == 1
    assert [in_short(x) for x in desk.answers] == 3 * [answered(version=4, active=brighter(4))]


async def test_the_same_under_a_new_version_is_kept_as_that(desk: Desk) -> None:
    await desk.desire({"version": 4, "profile": BRIGHTER})
    await desk.desire({"version": 5, "profile": BRIGHTER})
    assert desk.stored == {"node": LayerDocument(5, BRIGHTER)}
    assert in_short(desk.last) == answered(version=5, active=brighter(5))


async def test_a_profile_reported_can_be_desired(desk: Desk) -> None:
    await desk.desire({"version": 4, "profile": BRIGHTER})
    await desk.desire({"version": 4, "profile": desk.last["profile"]})
    assert in_short(desk.last) == answered(version=4, active=brighter(4))


# patches


async def test_a_patch_changes_the_layer_it_was_made_for(desk: Desk) -> None:
    await desk.desire({"version": 1, "profile": {"levels": {"base_pct": 20.0}}})
    patch = {"levels": {"presence_pct": 90.0}, "presence": {"hold_s": 5.0}}
    await desk.desire({"version": 2, "patch": patch, "if_version": 1})
    assert desk.last["applied"]
    assert desk.last["profile"]["levels"]["base_pct"] == 20.0
    assert desk.last["profile"]["levels"]["presence_pct"] == 90.0
    await desk.desire(
        {"version": 3, "patch": {"levels": {"base_pct": None}, "presence": None}, "if_version": 2}
    )
    assert desk.stored == {"node": LayerDocument(3, {"levels": {"presence_pct": 90.0}})}
    assert desk.last["profile"]["levels"]["base_pct"] == ACTIVE.levels.base_pct


async def test_a_patch_of_an_empty_layer_is_for_version_0(desk: Desk) -> None:
    await desk.desire({"version": 1, "patch": BRIGHTER, "if_version": 0}, "path")
    assert in_short(desk.last) == answered(version=1, layer="path", active=brighter(1))


async def test_a_patch_that_comes_again_was_applied_before(desk: Desk) -> None:
    patch = {"version": 1, "patch": BRIGHTER, "if_version": 0}
    for _ in range(2):
        await desk.desire(patch)
        assert in_short(desk.last) == answered(version=1, active=brighter(1))
    assert desk.books.kept == [STORED]


@pytest.mark.parametrize("kind", ["patch", "profile"])
async def test_who_did_not_see_the_last_change_is_refused(desk: Desk, kind: str) -> None:
    await desk.desire({"version": 4, "profile": BRIGHTER})
    await desk.desire({"version": 6, kind: {"levels": {"base_pct": 50.0}}, "if_version": 3})
    assert in_short(desk.last) == answered(version=6, active=brighter(4), applied=False)
    assert places(desk.last) == ["if_version"]
    assert desk.last["layers"]["node"] == {"version": 4, "refused_version": 6}
    assert len(await taken(desk.inbox)) == 1


# what is refused


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
    assert places(desk.last) == [
        "daylight.on_lux",
        "levels.base_pct",
        "levels.presens_pct",
        "presence.hold_s",
    ]
    assert all(x["problem"] and x["hint"] for x in desk.last["errors"])
    assert in_short(desk.last) == answered(version=4, active=ACTIVE, applied=False)
    assert (await taken(desk.inbox), desk.books.kept) == ([], [])
    assert desk.stored == {}
    assert [(x["event"], x["errors"]) for x in lines] == [("profile_refused", 4)]


async def test_layers_that_contradict_each_other_are_refused_until_they_do_not(desk: Desk) -> None:
    await desk.desire({"version": 1, "profile": {"levels": {"presence_pct": 40.0}}}, "node")
    await desk.desire({"version": 2, "profile": {"levels": {"base_pct": 50.0}}}, "path")
    assert not desk.last["applied"]
    assert places(desk.last) == ["levels.base_pct"]
    assert desk.last["layers"]["path"] == {"version": 0, "refused_version": 2}
    # The node's own layer gives way; then the path's, still desired, is applied too.
    await desk.desire({"version": 3, "profile": {"levels": {"presence_pct": 80.0}}}, "node")
    assert desk.last["applied"]
    assert (desk.last["layer"], desk.last["version"]) == ("node", 3)
    assert desk.last["profile"]["levels"]["base_pct"] == 50.0
    assert desk.last["layers"]["path"] == {"version": 2, "refused_version": None}
    levels = [event.profile.levels for event in await taken(desk.inbox)]  # type: ignore[union-attr]
    assert [(x.base_pct, x.presence_pct) for x in levels] == [
        (10.0, 40.0),
        (10.0, 80.0),
        (50.0, 80.0),
    ]


async def test_what_was_refused_and_then_withdrawn_is_not_applied_later(desk: Desk) -> None:
    await desk.desire({"version": 1, "profile": {"levels": {"presence_pct": 40.0}}}, "node")
    for withdrawal in (b"", b"{"):
        await desk.desire({"version": 2, "profile": {"levels": {"base_pct": 50.0}}}, "path")
        assert not desk.last["applied"]
        await desk.desire(None, "path", raw=withdrawal)
        await desk.desire({"version": 3, "profile": {"levels": {"presence_pct": 80.0}}}, "node")
        assert desk.last["profile"]["levels"]["base_pct"] == ACTIVE.levels.base_pct
        await desk.desire({"version": 1, "profile": {"levels": {"presence_pct": 40.0}}}, "node")


async def test_layers_that_wait_for_one_another_are_all_adopted(desk: Desk) -> None:
    await desk.desire({"version": 1, "profile": {"levels": {"presence_pct": 40.0}}}, "node")
    low = {"version": 2, "profile": {"levels": {"base_pct": 50.0, "fail_safe_pct": 60.0}}}
    await desk.desire(low, "path")
    await desk.desire({"version": 3, "profile": {"levels": {"base_pct": 55.0}}}, "tenant")
    await desk.desire({"version": 4, "profile": {"levels": {"presence_pct": 80.0}}}, "node")
    assert {x: one["version"] for x, one in desk.last["layers"].items()} == {
        "tenant": 3,
        "path": 2,
        "node": 4,
    }


async def test_a_profile_sent_for_a_version_may_come_again(desk: Desk) -> None:
    desired = {"version": 2, "profile": BRIGHTER, "if_version": 0}
    for _ in range(2):
        await desk.desire(desired)
        assert in_short(desk.last) == answered(version=2, active=brighter(2))


async def test_the_answer_to_a_thousand_faults_is_short(desk: Desk) -> None:
    nonsense = {f"setting_{number}": number for number in range(1000)}
    await desk.desire({"version": 4, "profile": nonsense})
    assert len(desk.last["errors"]) == MOST_ERRORS
    assert "more errors" in desk.last["errors"][-1]["problem"]


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
        b'{"version": 4, "profile": {}, "patch": {}, "if_version": 3}',
        b'{"version": 4, "patch": {}}',
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
    assert places(desk.last) == ["message"]
    assert "version" in desk.last["errors"][0]["hint"]
    assert in_short(desk.last) == answered(version=None, active=ACTIVE, applied=False)
    assert (await taken(desk.inbox), desk.books.kept) == ([], [])


async def test_an_empty_message_desires_nothing(desk: Desk) -> None:
    await desk.desire(None, raw=b"")
    assert (desk.answers, await taken(desk.inbox), desk.books.kept) == ([], [], [])


async def test_a_profile_that_cannot_be_kept_is_refused_and_can_be_sent_again(desk: Desk) -> None:
    desk.books.fault = "the disk is full"
    await desk.desire({"version": 4, "profile": BRIGHTER})
    assert places(desk.last) == ["state_dir"]
    assert "the disk is full" in desk.last["errors"][0]["problem"]
    assert in_short(desk.last) == answered(version=4, active=ACTIVE, applied=False)
    assert await taken(desk.inbox) == []
    desk.books.fault = ""
    await desk.desire({"version": 4, "profile": BRIGHTER})
    assert in_short(desk.last) == answered(version=4, active=brighter(4))


async def test_an_older_version_may_be_desired_again(desk: Desk) -> None:
    await desk.desire({"version": 5, "profile": BRIGHTER})
    await desk.desire({"version": 4, "profile": {}})
    assert in_short(desk.last) == answered(version=4, active=replace(ACTIVE, version=4))


async def test_layers_that_could_not_be_read_at_the_start_are_taken_up_when_the_disk_works(
    forgetful: Desk,
) -> None:
    with pytest.raises(StoreError):
        await forgetful.configuration.store_works()
    forgetful.books.fault = ""
    await forgetful.configuration.store_works()
    (event,) = await taken(forgetful.inbox)
    assert isinstance(event, ProfileChanged)
    assert (event.profile.version, event.profile.levels.base_pct) == (2, 25.0)
    assert forgetful.last["layers"]["path"] == {"version": 2, "refused_version": None}
    await forgetful.configuration.store_works()
    assert await taken(forgetful.inbox) == []


async def test_a_new_layer_does_not_wipe_out_those_that_could_not_be_read(forgetful: Desk) -> None:
    forgetful.books.fault = ""
    await forgetful.desire({"version": 1, "profile": {"presence": {"hold_s": 7.0}}}, "tenant")
    assert {layer: one.version for layer, one in forgetful.stored.items()} == {
        "tenant": 1,
        "path": 2,
    }
    event = (await taken(forgetful.inbox))[-1]
    assert isinstance(event, ProfileChanged)
    assert (event.profile.levels.base_pct, event.profile.presence.hold_s) == (25.0, 7.0)


async def test_what_a_failing_disk_refused_is_adopted_when_it_works(forgetful: Desk) -> None:
    await forgetful.desire({"version": 4, "profile": BRIGHTER}, "node")
    assert (forgetful.last["applied"], places(forgetful.last)) == (False, ["state_dir"])
    forgetful.books.fault = ""
    await forgetful.configuration.store_works()
    assert (forgetful.last["layer"], forgetful.last["version"]) == ("node", 4)
    assert forgetful.last["applied"]
    assert forgetful.stored["node"] == LayerDocument(4, BRIGHTER)


async def test_layers_that_are_damaged_are_left_alone_and_told(forgetful: Desk) -> None:
    forgetful.store.keep(STORED, {"path": "nonsense"})
    forgetful.books.fault = ""
    with capture_logs() as lines:
        await forgetful.configuration.store_works()
    assert [x["event"] for x in lines] == ["stored_settings_unusable"]
    assert await taken(forgetful.inbox) == []
