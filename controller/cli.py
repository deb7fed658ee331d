"""The command `cyclelight`. Exit status: 0 fine, 1 our fault, 2 the input's fault."""

import argparse
import asyncio
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from controller import __version__
from controller.broker_roles.command import add_broker_roles
from controller.commissioning.command import add_init, add_selftest
from controller.ctl.options import PREFIX
from controller.ctl.parser import add_ctl
from controller.report.command import add_report
from controller.settings.check import KINDS, check_files
from controller.settings.faults import SettingsError
from controller.settings.schema import schema
from controller.settings.site import load_installation

INPUT_FAULT = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know no umlauts
    args = _parser().parse_args(arguments)
    try:
        return int(args.command(args))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return INPUT_FAULT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cyclelight",
        description="Edge controller for cycle-path lighting: light that follows people.",
    )
    parser.add_argument("--version", action="version", version=f"cyclelight {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="control the lamps of one node until SIGTERM or Ctrl-C",
        description="Control the lamps of one node. The environment variables CYCLELIGHT_* "
        "override the node file (CYCLELIGHT_MQTT__HOST=broker sets mqtt.host).",
    )
    run.add_argument("--node", type=Path, required=True, metavar="FILE", help="the node file")
    run.set_defaults(command=_run)

    checked = commands.add_parser(
        "check",
        help="examine node, path and profile files",
        description="Examine node, path and profile files and print every fault of each with its "
        "place and a hint. A node file is examined together with the files it names. "
        "Exit status 2 if there is any fault.",
    )
    checked.add_argument("files", nargs="+", type=Path, metavar="FILE")
    checked.set_defaults(command=_check)

    printed = commands.add_parser(
        "schema",
        help="print the JSON Schema of a kind of file",
        description="Print the JSON Schema of a kind of file.",
    )
    printed.add_argument("kind", choices=KINDS)
    printed.set_defaults(command=_schema)

    add_init(commands)
    add_selftest(commands)
    add_report(commands)
    add_broker_roles(commands)
    add_ctl(commands, parser)
    return parser


def _environment() -> dict[str, str]:
    """Return the environment without what is meant for `ctl`: node files know nothing of it."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}


def _run(args: argparse.Namespace) -> int:
    installation = load_installation(args.node, _environment())
    # Only `run` needs gpiozero, MQTT and the rest: the other commands start without them.
    from controller.daemon import run_node  # noqa: PLC0415
    from controller.logs import set_up_logging  # noqa: PLC0415
    from controller.service import Service  # noqa: PLC0415

    set_up_logging()
    asyncio.run(run_node(installation, Service()))
    return 0


def _check(args: argparse.Namespace) -> int:
    reports = check_files(args.files, _environment())
    print("\n".join(line for report in reports for line in report.lines()))
    return 0 if all(report.is_sound for report in reports) else INPUT_FAULT


def _schema(args: argparse.Namespace) -> int:
    print(json.dumps(schema(args.kind), indent=2))
    return 0
