"""`cyclelight selftest`: every step in its order. Whatever happens, lines are let go at the end."""

import argparse
import asyncio
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from controller.commissioning.bench import ATTENDED, UNATTENDED, Bench
from controller.commissioning.broker import try_broker
from controller.commissioning.complaints import Complaints, overheard
from controller.commissioning.in_use import is_in_use
from controller.commissioning.lamps import open_all, try_lamps
from controller.commissioning.person import GoneError, Person
from controller.commissioning.preparing import try_clock, try_files, try_rights
from controller.commissioning.pulls import try_pulls
from controller.commissioning.readings import try_light_sensors, try_meters
from controller.commissioning.record import Record, check_place
from controller.commissioning.results import Results
from controller.commissioning.sensors import try_motion_sensors
from controller.ctl.access import settings_environment
from controller.ctl.console import Console, process_console
from controller.ctl.trouble import INTERRUPTED
from controller.settings.faults import Fault, SettingsError, nearest, quoted
from controller.settings.node import NodeSettings
from controller.settings.site import Installation, load_installation

FINE, FAILED = 0, 1
WAIT_S = 120.0
"""Somebody walks to the next lamp's sensor, and a PIR warms up for a minute."""


def run(args: argparse.Namespace) -> int:
    """Carry out the self-test. Raises SettingsError for what it was given."""
    console = process_console()
    environ = settings_environment(os.environ)
    installation = load_installation(args.node, environ)
    if args.record is not None:
        check_place(args.record)
    person = None if args.yes else _somebody(console)
    _check_not_in_use(installation.settings)
    begun = datetime.now(UTC)
    with overheard() as complaints:
        bench = _bench(
            args,
            installation,
            environ,
            person=person,
            results=Results(console),
            complaints=complaints,
        )
        try:
            asyncio.run(_try_everything(bench, args.node))
        except (KeyboardInterrupt, GoneError):
            console.complain("\nstopped: lamps are left to their wiring, no record is written")
            return INTERRUPTED
    console.say(f"\nResult: {bench.results.verdict}")
    if args.record is not None:
        Record.of(bench, args.node, begun).write(args.record)
        console.say(f"Record: {args.record}")
    return FINE if bench.results.passed else FAILED


async def _try_everything(bench: Bench, node_file: Path) -> None:
    try_files(bench, node_file)
    try_rights(bench)
    try_clock(bench)
    await try_pulls(bench)
    with ExitStack() as driven:
        lamps = open_all(bench, driven)
        await try_lamps(bench, lamps)
        # Lamps stay at full light meanwhile: people walk about, and meters have something to tell.
        await try_motion_sensors(bench)
        await try_light_sensors(bench)
        await try_meters(bench)
    await try_broker(bench)


def _bench(  # noqa: PLR0913 each has a meaning of its own
    args: argparse.Namespace,
    installation: Installation,
    environ: dict[str, str],
    *,
    person: Person | None,
    results: Results,
    complaints: Complaints,
) -> Bench:
    settings = installation.settings
    sensors = {**settings.motion, **settings.light, **settings.meter}
    unknown = [*_unknown("--lamps", args.lamps, settings.lamps)]
    unknown += _unknown("--sensors", args.sensors, sensors)
    if unknown:
        raise SettingsError("arguments", unknown)
    usual_wait_s = WAIT_S if person is not None else 0.0
    return Bench(
        installation=installation,
        environ=environ,
        lamps=frozenset(settings.lamps if args.lamps is None else args.lamps),
        sensors=frozenset(sensors if args.sensors is None else args.sensors),
        wait_s=usual_wait_s if args.wait is None else args.wait,
        person=person,
        pace=UNATTENDED if person is None else ATTENDED,
        results=results,
        complaints=complaints,
    )


def _unknown(flag: str, wanted: tuple[str, ...] | None, known: Collection[str]) -> Iterator[Fault]:
    for name in wanted or ():
        if name not in known:
            yield Fault(flag, f"the node file has no {quoted(name)}", nearest(name, known))


def _somebody(console: Console) -> Person:
    """Return who sits at the terminal. Raises SettingsError if nobody does."""
    if not sys.stdin.isatty():
        problem = "nobody can be asked: the input is no terminal"
        hint = "run it in a terminal, or add --yes to ask nobody"
        raise SettingsError("arguments", [Fault("selftest", problem, hint)])
    return Person(console, sys.stdin.fileno())


def _check_not_in_use(settings: NodeSettings) -> None:
    """Refuse to drive lamps that the service drives."""
    if is_in_use(settings.state_dir):
        problem = "cyclelight runs with this state_dir and drives the lamps"
        hint = "stop it first (sudo systemctl stop cyclelight), and start it again afterwards"
        raise SettingsError("selftest", [Fault(str(settings.state_dir), problem, hint)])
