import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from gpiozero import Device, DigitalOutputDevice
from gpiozero.pins.mock import MockFactory, MockPWMPin
from structlog.testing import capture_logs

from controller import background, daemon, memory
from controller.core.effects import RecordEnergy
from controller.core.events import BurnHoursRecalled, Event
from controller.core.health.alarms import Vitals
from controller.core.profile import Profile
from controller.inbox import Inbox
from controller.memory import recall
from controller.service import Service
from controller.settings.layers import STORED, LayerDocument, layers_document
from controller.settings.site import Installation, load_installation
from controller.settings.wiring import Unwired
from controller.store.store import FILE_NAME, Store, StoreError
from controller.watching import Watching
from controller.wiring import open_lamps
from tests.shell.fakes import BOOT, LIMIT_S, ZONE, record, until

PATH = """
[path]
tenant = "soest"
id = "small"
name = "Small path"
latitude = 51.57
longitude = 8.11
timezone = "Europe/Berlin"
[[junction]]
id = "west"
[[junction]]
id = "east"
[[section]]
id = "s"
from = "west"
to = "east"
length_m = 70.0
[[node]]
id = "n1"
[[lamp]]
id = "L1"
section = "s"
at_m = 17.5
node = "n1"
rated_w = 15
[[lamp]]
id = "L2"
section = "s"
at_m = 52.5
node = "n1"
rated_w = 15
[[motion_sensor]]
id = "M1"
section = "s"
at_m = 17.5
node = "n1"
reach_m = 7
"""

NODE = """
path_file = "path.toml"
node = "n1"
state_dir = "state"
clock = { trust = "always" }
[lamps.L1]
kind = "gpio_pwm"
pin = 12
[lamps.L2]
kind = "gpio_pwm"
pin = 13
[motion.M1]
kind = "gpio"
pin = 17
"""


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    (tmp_path / "path.toml").write_text(PATH)
    (tmp_path / "node.toml").write_text(NODE)
    return load_installation(tmp_path / "node.toml", {})


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    Device.pin_factory = MockFactory(pin_class=MockPWMPin)
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = None


class Systemd(Service):
    """A service manager that remembers what it was told."""

    def __init__(self) -> None:
        self.watchdog_s = 0.03
        self.words: list[str] = []
        self.started = asyncio.Event()

    def _notify(self, word: str) -> None:
        self.words.append(word)
        self.started.set()


async def run_and_stop(
    installation: Installation,
    *,
    number: int = signal.SIGTERM,
    done: Callable[[], bool] = lambda: True,
) -> tuple[Systemd, list[object]]:
    """Run a node until it is up, was alive a few times and is `done`, then end it by a signal."""
    before = signal.signal(number, signal.SIG_IGN)  # a signal too early must not end the tests
    try:
        systemd = Systemd()
        with capture_logs() as lines:
            running = asyncio.create_task(daemon.run_node(installation, systemd))
            await until(
                lambda: (systemd.words.count("WATCHDOG=1") >= 3 and done()) or running.done()
            )
            os.kill(os.getpid(), number)
            await asyncio.wait_for(running, LIMIT_S)
    finally:
        signal.signal(number, before)
    return systemd, [line["event"] for line in lines]


# a whole node in this process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_nodes_life(pins: MockFactory, installation: Installation, number: int) -> None:
    systemd, events = await run_and_stop(installation, number=number)
    assert systemd.words[0] == "READY=1"
    assert systemd.words[-1] == "STOPPING=1"
    assert set(systemd.words[1:-1]) == {"WATCHDOG=1"}
    assert events == ["lamps_under_control", "stopped"]
    assert [pins.pin(pin).frequency for pin in (12, 13)] == [None, None]
    store = Store(installation.settings.state_dir)
    totals = store.totals()
    store.close()
    assert totals.duration_s > 0.0
    assert totals.lamps.keys() == {"L1", "L2"}
    assert totals.lamps["L1"].active_energy_wh > 0.0
    assert totals.since_utc_s is not None


@pytest.mark.usefixtures("pins")
async def test_totals_go_on_after_a_restart(installation: Installation) -> None:
    wh = []
    for _ in range(3):
        await run_and_stop(installation)
        store = Store(installation.settings.state_dir)
        wh.append(store.totals().lamps["L1"].active_energy_wh)
        store.close()
    assert wh == sorted(set(wh))


@pytest.mark.usefixtures("pins")
async def test_lamps_are_told_how_long_they_burned_before(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(installation.settings.state_dir)
    store.add(record({"L1": 360.0}), boot=BOOT, zone=ZONE)
    store.close()
    happened: list[Event] = []
    put = Inbox.put

    def noted(inbox: Inbox, event: Event) -> None:
        happened.append(event)
        put(inbox, event)

    monkeypatch.setattr(Inbox, "put", noted)
    told = BurnHoursRecalled({"L1": 1.0})
    await run_and_stop(installation, done=lambda: told in happened)
    assert told in happened


@pytest.mark.usefixtures("pins")
async def test_lamps_come_before_everything_that_may_be_slow(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An SD card that stalls holds up whatever waits for it; light must not be among that.
    order = []

    def lamps(*arguments: object) -> object:
        order.append("lamps")
        return open_lamps(*arguments)  # type: ignore[arg-type]

    def store(state_dir: Path) -> Store:
        order.append("store")
        return Store(state_dir)

    monkeypatch.setattr(daemon, "open_lamps", lamps)
    monkeypatch.setattr(memory, "Store", store)
    await run_and_stop(installation)
    assert order == ["lamps", "store"]


@asynccontextmanager
async def node_whose_store_hangs(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Systemd]:
    """A running node whose first record never ends to be written; at the end it may, and stops."""
    stuck, go_on = threading.Event(), threading.Event()
    add = Store.add

    def hang(store: Store, record: RecordEnergy, **rest: Any) -> None:  # noqa: ANN401 - as given
        stuck.set()
        go_on.wait()
        add(store, record, **rest)

    monkeypatch.setattr(Store, "add", hang)
    settings = installation.settings
    ledger = settings.ledger.model_copy(update={"record_s": 0.01})
    often = replace(installation, settings=settings.model_copy(update={"ledger": ledger}))
    systemd = Systemd()
    running = asyncio.create_task(daemon.run_node(often, systemd))
    try:
        await until(stuck.is_set)
        yield systemd
    finally:
        if "STOPPING=1" not in systemd.words:
            os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: "STOPPING=1" in systemd.words)
        go_on.set()
        await asyncio.wait_for(running, LIMIT_S)


@pytest.mark.usefixtures("pins")
async def test_a_store_that_hangs_does_not_stop_the_lamps(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with node_whose_store_hangs(installation, monkeypatch) as systemd:
        alive = len(systemd.words)
        await until(lambda: len(systemd.words) > alive + 5)


async def test_a_node_that_stops_lets_its_lamps_light_before_it_waits_for_its_store(
    pins: MockFactory, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nobody controls the lamps any more: until they are let go they stay as dim as they are.
    async with node_whose_store_hangs(installation, monkeypatch) as systemd:
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: "STOPPING=1" in systemd.words)
        for _ in range(100):
            await asyncio.sleep(0)
        assert [pins.pin(pin).frequency for pin in (12, 13)] == [None, None]


@pytest.mark.usefixtures("pins")
async def test_without_a_usable_store_the_node_runs(installation: Installation) -> None:
    installation.settings.state_dir.write_text("a file")
    systemd, events = await run_and_stop(installation)
    assert systemd.words[0] == "READY=1"
    assert "store_unusable" in events
    assert "task_failed" not in events


@pytest.mark.usefixtures("pins")
@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        '{"node": 1}',
        '{"node": {"version": 7, "profile": {"levels": {"base_pct": 900}}}}',
        '{"node": {"version": 7, "profile": {"nonsense": 1}}}',
    ],
)
async def test_whatever_the_stored_profile_became_the_node_runs(
    installation: Installation, text: str
) -> None:
    store = Store(installation.settings.state_dir)
    store.keep("layers", {})
    with store._db:
        store._db.execute("UPDATE document SET document = ?", (text,))
    store.close()
    systemd, events = await run_and_stop(installation)
    assert systemd.words[0] == "READY=1"
    assert events[-1] == "stopped"


@pytest.mark.usefixtures("pins")
async def test_a_lamp_that_nobody_dims_is_not_booked_as_dimmed(installation: Installation) -> None:
    # Its wiring lights it fully, whatever the core thinks: it must not count as saving.
    taken = DigitalOutputDevice(12)
    _, events = await run_and_stop(installation)
    assert "device_not_opened" in events
    taken.close()
    store = Store(installation.settings.state_dir)
    lamps = store.totals().lamps
    store.close()
    assert lamps.keys() == {"L2"}


async def test_without_any_pin_the_node_runs(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    Device.pin_factory = None
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "none")
    systemd, events = await run_and_stop(installation)
    assert systemd.words[0] == "READY=1"
    assert events.count("device_not_opened") == 3


# its parts


async def test_work_that_fails_is_logged_with_its_traceback_and_begins_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "RESTART_S", 0.001)
    begun, well = [], asyncio.Event()

    async def work() -> None:
        begun.append(asyncio.get_running_loop().time())
        if len(begun) < 3:
            raise ZeroDivisionError("ours")
        well.set()
        await asyncio.Event().wait()

    with capture_logs() as lines:
        going = asyncio.create_task(background.kept_going("mqtt", work))
        await asyncio.wait_for(well.wait(), LIMIT_S)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
    assert going.cancelled()
    assert [(x["event"], x["task"], x["exc_info"]) for x in lines] == 2 * [
        ("task_failed", "mqtt", True)
    ]
    assert all(b - a >= 0.001 for a, b in pairwise(begun))


def recalled(installation: Installation) -> Profile:
    found = recall(installation)
    if found.store is not None:
        found.store.close()
    return found.profile


def keep(installation: Installation, version: int, document: dict[str, object]) -> None:
    store = Store(installation.settings.state_dir)
    store.keep(STORED, layers_document({"node": LayerDocument(version, document)}))
    store.close()


def test_the_operators_last_profile_comes_before_that_of_the_files(
    installation: Installation,
) -> None:
    assert recalled(installation) is installation.profile
    keep(installation, 7, {"levels": {"base_pct": 20.0}})
    expected = replace(Profile(version=7), levels=replace(Profile().levels, base_pct=20.0))
    assert recalled(installation) == expected


def test_a_store_that_cannot_be_written_is_still_read(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> Store:
        raise StoreError("the card is read-only")

    keep(installation, 7, {"levels": {"base_pct": 20.0}})
    monkeypatch.setattr(memory, "Store", refuse)
    found = recall(installation)
    assert (found.store, found.readable) == (None, True)
    assert found.profile.levels.base_pct == 20.0


def test_a_stored_profile_that_is_no_longer_sound_is_logged_and_that_of_the_files_taken(
    installation: Installation,
) -> None:
    keep(installation, 7, {"levels": {"base_pct": 900.0}})
    with capture_logs() as lines:
        assert recalled(installation) is installation.profile
    assert [x["event"] for x in lines] == ["stored_settings_unusable"]
    assert "base_pct" in lines[0]["error"]


def test_a_damaged_store_is_logged_with_where_it_went(installation: Installation) -> None:
    state_dir = installation.settings.state_dir
    state_dir.mkdir()
    (state_dir / FILE_NAME).write_bytes(b"once a database" * 300)
    with capture_logs() as lines:
        store = recall(installation).store
    assert store is not None
    assert [(x["event"], x["put_aside"]) for x in lines] == [
        ("store_damaged", str(state_dir / f"{FILE_NAME}.damaged-1"))
    ]
    store.add(record(), boot=BOOT, zone=ZONE)
    store.close()


def test_how_long_lamps_burned_is_recalled_from_the_ledger(installation: Installation) -> None:
    store = recall(installation).store
    assert store is not None
    for burned in (3.0, 5.0):
        store.add(record({"L1": burned, "L2": 1.0}), boot=BOOT, zone=ZONE)
    totals = store.totals().lamps
    store.close()
    found = recall(installation)
    assert found.store is not None
    found.store.close()
    assert found.burned_h == {x: total.burn_s / 3600.0 for x, total in totals.items()}
    assert min(found.burned_h.values()) > 0.0


def test_a_store_that_cannot_be_opened_is_logged_and_none(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> Store:
        raise StoreError("the card is read-only")

    monkeypatch.setattr(memory, "Store", refuse)
    with capture_logs() as lines:
        found = recall(installation)
        assert (found.store, found.profile) == (None, installation.profile)
        assert (found.burned_h, found.readable) == (None, False)
    assert [(x["event"], x["error"]) for x in lines] == [
        ("store_unusable", "the card is read-only")
    ]


def test_lamps_that_are_not_wired_yet_do_not_count(installation: Installation) -> None:
    settings = installation.settings
    lamps = {**settings.lamps, "L2": Unwired(kind="none")}
    unwired = replace(installation, settings=settings.model_copy(update={"lamps": lamps}))
    assert [lamp.id for lamp in daemon._driven_path(unwired, {"L1"}).lamps] == ["L1"]
    assert daemon._driven_path(installation, {"L1", "L2"}) == installation.path


@pytest.mark.usefixtures("pins")
async def test_what_is_wrong_with_a_lamp_reaches_health(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Vitals] = []

    class Watched(Watching):
        async def examine(self) -> None:
            seen.append(self._vitals())

    monkeypatch.setattr(background, "Watching", Watched)
    taken, systemd = DigitalOutputDevice(12), Systemd()
    running = asyncio.create_task(daemon.run_node(installation, systemd))
    await until(lambda: seen or running.done())
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(running, LIMIT_S)
    assert seen[0].lamp_faults == {"L1": "cannot_open"}
    taken.close()
