"""`cyclelight init` and `cyclelight selftest`: the words. What is slow is imported when needed."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # What subcommands are added to has no public name in argparse.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 as said above

LONGEST_WAIT_S: Final = 3600.0

_INIT = """\
Ask what was built along a path and write path.toml, profile.toml and a file for every node, then
check them. Answers in brackets are taken when you press Enter; Ctrl-C writes nothing.
"""

_SELFTEST = """\
Try everything that is wired to this node, before the service runs: files, rights, clock, pull
resistors, each lamp in turn, each sensor and meter, the broker and the neighbours. Afterwards every
lamp is lit and its line let go. Exit status 0 if all is well, 1 if something failed, 2 if it could
not begin. docs/commissioning.md goes through it step by step.
"""


def add_init(commands: "Commands") -> None:
    """Add the command `init`."""
    init = commands.add_parser(
        "init",
        help="ask a few questions and write the files of a new path",
        description=_INIT,
        allow_abbrev=False,
    )
    init.add_argument(
        "--out", type=Path, default=Path(), metavar="DIR", help="where to write (default: here)"
    )
    init.add_argument(
        "--answers", type=Path, metavar="FILE", help="take the answers from a TOML file, ask nobody"
    )
    init.add_argument("--overwrite", action="store_true", help="replace files that are there")
    init.set_defaults(command=_run_init)


def add_selftest(commands: "Commands") -> None:
    """Add the command `selftest`."""
    selftest = commands.add_parser(
        "selftest",
        help="try every lamp, sensor and connection of this node",
        description=_SELFTEST,
        allow_abbrev=False,
    )
    selftest.add_argument("--node", type=Path, required=True, metavar="FILE", help="the node file")
    selftest.add_argument(
        "--lamps", type=_ids, metavar="ID,...", help="only these lamps ('' for none)"
    )
    selftest.add_argument(
        "--sensors", type=_ids, metavar="ID,...", help="only these sensors and meters ('': none)"
    )
    selftest.add_argument(
        "--wait",
        type=_seconds,
        metavar="SECONDS",
        help="how long to wait for somebody at each motion sensor (default: 120; with --yes 0, "
        "which only reads it)",
    )
    selftest.add_argument(
        "--yes",
        action="store_true",
        help="ask nobody: only what the machine itself notices can fail",
    )
    selftest.add_argument(
        "--record", type=Path, metavar="FILE", help="keep the result; as JSON if it ends in .json"
    )
    selftest.set_defaults(command=_run_selftest)


def _run_init(args: argparse.Namespace) -> int:
    from controller.commissioning.init import run  # noqa: PLC0415 only this command needs it

    return run(args)


def _run_selftest(args: argparse.Namespace) -> int:
    from controller.commissioning.selftest import run  # noqa: PLC0415 it loads the drivers

    return run(args)


def _ids(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.0 <= seconds <= LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(
            f"{text[:40]!a} is not a number of seconds from 0 to {LONGEST_WAIT_S:g}"
        )
    return seconds
