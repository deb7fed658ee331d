"""One node, put together: settings, clock, devices, core, store and MQTT.

The order is the promise: lamps first. They are lit when their drivers open and under control
after the first decision; only then is anything begun that may be slow, and when the node ends
they are let go, and so lit by their wiring, before anything that may take its time.
"""

import asyncio
import signal
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import structlog

from controller.background import Background, kept_going
from controller.clock import HostClock
from controller.concurrency import end
from controller.core.events import Stopped
from controller.core.path import Path
from controller.core.site import build_site
from controller.core.state import begin
from controller.inbox import Inbox
from controller.runner import Runner
from controller.service import Service
from controller.settings.site import Installation
from controller.wiring import open_lamps, open_meters, open_sensors, wired_meters

_log = structlog.get_logger()


async def run_node(installation: Installation, service: Service) -> None:
    """Run one node until SIGTERM or SIGINT."""
    settings = installation.settings
    moment = HostClock(settings.clock.trust).moment
    inbox = Inbox()
    with ThreadPoolExecutor(1, "store") as executor:
        background = Background(installation, executor, inbox, moment)
        with ExitStack() as devices:
            lamps = open_lamps(settings, devices, background.lamp_told)
            site = build_site(_driven_path(installation, lamps), settings.node)
            runner = Runner(
                begin(
                    site,
                    installation.profile,
                    moment(),
                    settings.ledger.record_s,
                    wired_meters(settings),
                ),
                inbox=inbox,
                moment=moment,
                lamps=lamps,
                outlet=background,
            )
            runner.begin()
            open_sensors(settings, inbox, devices)
            open_meters(settings, inbox, devices)
            service.ready()
            _log.info("lamps_under_control", node=settings.node, lamps=len(lamps))
            beside = asyncio.create_task(kept_going("background", background.run))
            await _run_until_stopped(runner, inbox, service)
            service.stopping()
        await end(beside)
        await background.close()
    _log.info("stopped")


async def _run_until_stopped(runner: Runner, inbox: Inbox, service: Service) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, inbox.put, Stopped())
    beat_s = None if service.watchdog_s is None else service.watchdog_s / 3
    await runner.run(service.alive, beat_s)


def _driven_path(installation: Installation, driven: Collection[str]) -> Path:
    """Return the path without the own lamps that nobody drives: they burn as they are wired.

    What is not controlled is not accounted for either, least of all as saving.
    """
    path, node = installation.path, installation.settings.node
    lamps = tuple(lamp for lamp in path.lamps if lamp.node != node or lamp.id in driven)
    return replace(path, lamps=lamps)
