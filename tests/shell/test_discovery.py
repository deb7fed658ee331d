"""What Home Assistant is told, again when it starts, and taken back when it is gone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from controller.bookkeeping import Bookkeeper
from controller.core.path import Path as LitPath
from controller.core.profile import Figure, Privacy, Profile
from controller.discovery import STORED, Discovery, stored_topics
from controller.mqtt.broker import Inbound
from controller.mqtt.homeassistant import BIRTH_TOPIC
from controller.mqtt.topics import Topics
from controller.store.store import Store
from tests.core.build import straight_path
from tests.shell.fakes import BOOT, ZONE, Kept

TOPICS = Topics("soest", "test", "n1")


class Desk:
    """A discovery between a real store and a keeper."""

    def __init__(self, folder: Path, executor: ThreadPoolExecutor) -> None:
        self.store = Store(folder)
        self.books = Bookkeeper(self.store, lambda: self.store, executor, boot=BOOT, zone=ZONE)
        self.kept = Kept()
        self.profile = Profile()

    def discovery(self, path: LitPath | None = None) -> Discovery:
        return Discovery(
            path or straight_path(),
            TOPICS,
            lambda: self.profile,
            stored_topics(self.store.kept(STORED)),
            books=self.books,
            keeper=self.kept,
        )

    def told(self) -> dict[str, bytes]:
        """What a broker has retained by now."""
        return {topic: payload for topic, payload in dict(self.kept.said).items() if payload}

    def lights(self) -> list[str]:
        return [topic for topic in self.told() if topic.startswith("homeassistant/light/")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ThreadPoolExecutor(1) as executor:
        desk = Desk(tmp_path, executor)
        yield desk
        desk.store.close()


async def test_every_lamp_is_announced_once_and_remembered(desk: Desk) -> None:
    discovery = desk.discovery()
    for _ in range(2):
        await discovery.announce()
    assert len(desk.lights()) == 4
    assert len(desk.kept.said) == len(desk.told())
    assert stored_topics(desk.store.kept(STORED)) == sorted(desk.told())


@pytest.mark.parametrize(
    ("payload", "again"), [(b"online", True), (b"offline", False), (b"?", False)]
)
async def test_when_home_assistant_starts_everything_is_told_again(
    desk: Desk, payload: bytes, *, again: bool
) -> None:
    discovery = desk.discovery()
    await discovery.announce()
    before = len(desk.kept.said)
    await discovery.take(Inbound(BIRTH_TOPIC, payload, retained=False, qos=1))
    assert len(desk.kept.said) == before * (2 if again else 1)


async def test_a_lamp_that_left_the_path_file_is_taken_back(desk: Desk) -> None:
    await desk.discovery().announce()
    before = set(desk.lights())
    path = straight_path()
    lamps = tuple(lamp for lamp in path.lamps if lamp.id != "L05")
    after_restart = desk.discovery(replace(path, lamps=lamps))
    await after_restart.announce()
    (gone,) = before - set(desk.lights())
    assert desk.kept.of(gone)[-1] == b""
    assert gone not in stored_topics(desk.store.kept(STORED))


async def test_presence_is_told_while_the_profile_allows_it(desk: Desk) -> None:
    discovery = desk.discovery()
    await discovery.announce()
    silent = set(desk.told())
    desk.profile = replace(desk.profile, privacy=Privacy(tell_presence=True))
    await discovery.announce()
    (occupancy,) = set(desk.told()) - silent
    assert json.loads(desk.told()[occupancy])["device_class"] == "occupancy"
    desk.profile = Profile()
    await discovery.announce()
    assert desk.kept.of(occupancy)[-1] == b""


async def test_the_figure_for_co2_is_the_profiles(desk: Desk) -> None:
    discovery = desk.discovery()
    await discovery.announce()
    before = desk.told()
    desk.profile = replace(desk.profile, co2_g_per_kwh=Figure(100.0, 2030, "a greener grid"))
    await discovery.announce()
    changed = [topic for topic, payload in desk.told().items() if before[topic] != payload]
    assert [topic for topic in changed if "co2" in topic] == changed != []


async def test_without_a_disk_it_is_told_all_the_same(desk: Desk) -> None:
    desk.store.close()
    discovery = Discovery(
        straight_path(), TOPICS, lambda: desk.profile, (), books=desk.books, keeper=desk.kept
    )
    with capture_logs() as lines:
        await discovery.announce()
    assert [line["event"] for line in lines] == ["discovery_not_kept"]
    assert len(desk.lights()) == 4


@pytest.mark.parametrize("document", [None, {}, {"topics": 1}, {"topics": [1, None]}, [1]])
def test_what_is_no_list_of_topics_is_nothing(document: object) -> None:
    assert stored_topics(document) == []
