"""Carries out one command of `cyclelight ctl`, and turns whatever stops it into an exit status."""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from controller.ctl.absent import nobody_there
from controller.ctl.access import Access, access, wants_json
from controller.ctl.addresses import Address
from controller.ctl.completion import completion
from controller.ctl.configuring import change_of, configure
from controller.ctl.console import Console, process_console
from controller.ctl.dry_run import dry_run
from controller.ctl.orders import order
from controller.ctl.profiles import checked, read_profile
from controller.ctl.reported import diff, get
from controller.ctl.status import status_json, status_lines
from controller.ctl.survey import AVAILABILITY, STATE, surveyed
from controller.ctl.trouble import FINE, INPUT_FAULT, INTERRUPTED, CtlError, broker_trouble
from controller.ctl.watch import watch
from controller.mqtt.operator import BrokerError, Session, operating
from controller.settings.faults import SettingsError

Work = Callable[[Session, Access], Awaitable[int]]


def run(args: argparse.Namespace) -> int:
    """Carry out what the command line says; return the exit status."""
    console = process_console()
    try:
        return _JOBS[args.job](args, console)
    except CtlError as error:
        console.complain(str(error))
        return error.status
    except SettingsError as error:
        console.complain(str(error))
        return INPUT_FAULT
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may complain about that at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return FINE if args.job == "watch" else INTERRUPTED


def _talked(args: argparse.Namespace, work: Work) -> int:
    """Do something in a conversation with the broker."""
    way_in = access(args, os.environ)
    _meant(args, way_in)  # what is wrong with the names is told before anything is opened

    async def talk() -> int:
        async with operating(way_in.broker, timeout_s=way_in.timeout_s) as session:
            return await work(session, way_in)

    try:
        return asyncio.run(talk())
    except BrokerError as error:
        raise broker_trouble(error, way_in.broker) from None


def _meant(args: argparse.Namespace, way_in: Access) -> Address:
    """Return who is meant. Raises CtlError for names that are missing or impossible."""
    layer = getattr(args, "scope", None) or getattr(args, "layer", None)
    if args.job == "config get" and layer != "tenant":
        layer = None  # every node tells of all its layers
    return way_in.address(layer)


def _status(args: argparse.Namespace, console: Console) -> int:
    async def work(session: Session, way_in: Access) -> int:
        names = (AVAILABILITY, STATE)
        survey = await surveyed(session, way_in.address(), names, timeout_s=way_in.timeout_s)
        if not survey.nodes:
            raise await nobody_there(session, survey, way_in, STATE)
        if wants_json(args, os.environ):
            console.tell(status_json(survey))
        else:
            console.say("\n".join(status_lines(survey, console)))
        return FINE

    return _talked(args, work)


def _watch(args: argparse.Namespace, console: Console) -> int:
    async def work(session: Session, way_in: Access) -> int:
        await watch(session, way_in, console, as_json=wants_json(args, os.environ))
        return FINE

    return _talked(args, work)


def _order(args: argparse.Namespace, console: Console) -> int:
    async def work(session: Session, way_in: Access) -> int:
        return await order(session, way_in, args, console, as_json=wants_json(args, os.environ))

    return _talked(args, work)


def _get(args: argparse.Namespace, console: Console) -> int:
    async def work(session: Session, way_in: Access) -> int:
        as_json = wants_json(args, os.environ)
        address = _meant(args, way_in)
        await get(session, way_in, console, address, args.layer, as_json=as_json)
        return FINE

    return _talked(args, work)


def _set(args: argparse.Namespace, console: Console) -> int:
    change = change_of(args, access(args, os.environ))

    async def work(session: Session, way_in: Access) -> int:
        as_json = wants_json(args, os.environ)
        return await configure(session, way_in, console, change, as_json=as_json)

    return _talked(args, work)


def _diff(args: argparse.Namespace, console: Console) -> int:
    wanted = read_profile(args.file)
    checked(wanted, str(args.file))

    async def work(session: Session, way_in: Access) -> int:
        as_json = wants_json(args, os.environ)
        await diff(session, way_in, console, wanted, as_json=as_json)
        return FINE

    return _talked(args, work)


def _validate(args: argparse.Namespace, console: Console) -> int:
    today = datetime.now(UTC).astimezone().date()
    as_json = wants_json(args, os.environ)
    dry_run(args.file, args.path_file, args.date, console, today=today, as_json=as_json)
    return FINE


def _completion(args: argparse.Namespace, console: Console) -> int:
    console.say(completion(args.root, args.shell))
    return FINE


_JOBS: Mapping[str, Callable[[argparse.Namespace, Console], int]] = MappingProxyType(
    {
        "status": _status,
        "watch": _watch,
        "order": _order,
        "config get": _get,
        "config set": _set,
        "config diff": _diff,
        "config validate": _validate,
        "completion": _completion,
    }
)
