"""`cyclelight report`: the words of the command. What is slow is imported only to carry it out."""

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # What subcommands are added to has no public name in argparse.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 as said above

FORMATS: Final = ("table", "csv", "json", "html")
YEARS: Final = (1970, 2100)

_DESCRIPTION = """\
Report what the lamps of a path used and saved, from what its nodes have recorded. A night is named
after the day it begins on and lasts from noon to noon. Left out: the last complete night. Pictures
and the council's page (html) need matplotlib: install cyclelight[report].
"""


def add_report(commands: "Commands") -> None:
    """Add the command `report`."""
    report = commands.add_parser(
        "report",
        help="report the energy used and saved in a night, a month or a year",
        description=_DESCRIPTION,
        allow_abbrev=False,
    )
    report.add_argument(
        "--state",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        metavar="DIR",
        help="the state directory of a node, or those of several nodes of a path",
    )
    period = report.add_mutually_exclusive_group()
    period.add_argument("--night", type=_day, metavar="YYYY-MM-DD", help="the day it begins on")
    period.add_argument("--month", type=_month, metavar="YYYY-MM", help="nights that begin in it")
    period.add_argument("--year", type=_year, metavar="YYYY", help="nights that begin in it")
    report.add_argument("--format", choices=FORMATS, default="table", help="default: %(default)s")
    report.add_argument(
        "--quarters", action="store_true", help="with --format csv: a row each quarter of an hour"
    )
    report.add_argument("--lang", choices=("en", "de"), default="en", help="default: %(default)s")
    report.add_argument("--out", type=Path, metavar="FILE", help="write to a file, not to here")
    report.add_argument("--pictures", type=Path, metavar="DIR", help="draw pictures into DIR, too")
    report.set_defaults(command=_run)


def _run(args: argparse.Namespace) -> int:
    from controller.report.run import run  # noqa: PLC0415 only this command needs the store

    return run(args)


def _day(text: str) -> date:
    return _date(text, "", "a date like 2026-01-15")


def _month(text: str) -> date:
    return _date(text, "-01", "a month like 2026-01")


def _year(text: str) -> int:
    return _date(text, "-01-01", "a year like 2026").year


def _date(text: str, rest: str, what: str) -> date:
    """Read the beginning of a date, completed by `rest`."""
    try:
        day = date.fromisoformat(text + rest)
    except ValueError:
        day = date.min
    if day.isoformat() != text + rest or not YEARS[0] < day.year < YEARS[1]:
        raise argparse.ArgumentTypeError(f"{text[:40]!a} is not {what}")
    return day
