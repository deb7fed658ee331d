"""One node, put together: settings, clock, store, devices, core and MQTT.

The order is the promise: lamps first. They are lit when their drivers open and under control
after the first decision; only then is anything else started, and nothing else can stop them.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import structlog

from controller.bookkeeping import Bookkeeper
from controller.clock import HostClock
from controller.core.effects import AnnouncePassage, RecordEnergy
from controller.core.events import Stopped
from controller.core.path import Path
from controller.core.profile import Profile
from controller.core.reach import build_site
from controller.core.state import State, begin
from controller.inbox import Inbox
from controller.runner import Runner
from controller.service import Service
from controller.settings.faults import SettingsError
from controller.settings.profile import parse_profile
from controller.settings.site import Installation
from controller.settings.wiring import Unwired
from controller.store.store import Store, StoreError
from controller.talking import Talk
from controller.wiring import open_lamps, open_sensors

_log = structlog.get_logger()

RESTART_S = 30.0


class _Outlet:
    """Hands the core's effects to the books, and to MQTT once there is any."""

    def __init__(self, books: Bookkeeper) -> None:
        self._books = books
        self.talk: Talk | None = None

    def announce(self, passage: AnnouncePassage) -> None:
        if self.talk is not None:
            self.talk.announce(passage)

    def record(self, record: RecordEnergy) -> None:
        self._books.record(record)

    def changed(self, state: State) -> None:
        if self.talk is not None:
            self.talk.changed(state)


async def run_node(installation: Installation, service: Service) -> None:
    """Run one node until SIGTERM or SIGINT."""
    settings = installation.settings
    moment = HostClock(settings.clock.trust).moment
    inbox = Inbox()
    with ExitStack() as to_close, ThreadPoolExecutor(1, "store") as executor:
        store = _open_store(installation)
        books = Bookkeeper(store, lambda: Store(settings.state_dir), executor, moment)
        outlet = _Outlet(books)
        site = build_site(_wired_path(installation), settings.node)
        profile = _profile(installation, store)
        runner = Runner(
            begin(site, profile, moment(), settings.ledger.record_s),
            inbox=inbox,
            moment=moment,
            lamps=open_lamps(settings, to_close),
            outlet=outlet,
        )
        runner.begin()
        open_sensors(settings, inbox, to_close)
        service.ready()
        _log.info("lamps_under_control", node=settings.node, lamps=len(site.lamps))
        tasks = [asyncio.create_task(_kept_going("books", books.run))]
        if settings.mqtt is not None:
            mqtt = settings.mqtt

            async def talk() -> None:
                outlet.talk = Talk(mqtt, runner.state, inbox=inbox, books=books, moment=moment)
                outlet.talk.changed(runner.state)
                await outlet.talk.run()

            tasks.append(asyncio.create_task(_kept_going("mqtt", talk)))
        await _run_until_stopped(runner, inbox, service)
        service.stopping()
        await _cancelled(tasks)
        await books.close()
    _log.info("stopped")


async def _run_until_stopped(runner: Runner, inbox: Inbox, service: Service) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, inbox.put, Stopped())
    beat_s = None if service.watchdog_s is None else service.watchdog_s / 3
    await runner.run(service.alive, beat_s)


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_going(name: str, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `work` for ever. A fault of ours in it must not take the lamps along.

    It is logged with its traceback and `work` begins again after a pause.
    """
    while True:
        try:
            await work()
        except Exception:  # noqa: BLE001 - whatever it is, it must not darken the path
            _log.exception("task_failed", task=name, begins_again_in_s=RESTART_S)
            await asyncio.sleep(RESTART_S)


def _wired_path(installation: Installation) -> Path:
    """Return the path without lamps that are not wired yet: they neither burn nor save."""
    unwired = {
        lamp for lamp, how in installation.settings.lamps.items() if isinstance(how, Unwired)
    }
    wired = tuple(lamp for lamp in installation.path.lamps if lamp.id not in unwired)
    return replace(installation.path, lamps=wired)


def _open_store(installation: Installation) -> Store | None:
    try:
        store = Store(installation.settings.state_dir)
    except StoreError as error:
        _log.error("store_unusable", error=str(error))
        return None
    if store.set_aside is not None:
        _log.error("store_damaged", put_aside=str(store.set_aside))
    return store


def _profile(installation: Installation, store: Store | None) -> Profile:
    """Return the last good profile from the operators, else that of the files."""
    stored = None if store is None else store.last_profile()
    if stored is None:
        return installation.profile
    try:
        return parse_profile(stored.document, version=stored.version, source="last good profile")
    except SettingsError as error:
        _log.error("stored_profile_unusable", error=str(error))
        return installation.profile
