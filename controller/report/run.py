"""Carry out `cyclelight report`: read the ledgers, account for the period, write it down."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from controller.ctl.console import Console, process_console
from controller.report import pictures
from controller.report.choice import Asked, chosen
from controller.report.csv_text import csv_text
from controller.report.facts import WIDTH
from controller.report.json_text import json_text
from controller.report.ledgers import with_sheets
from controller.report.levels import levels_of
from controller.report.page import page
from controller.report.report import Report, report_of
from controller.report.table_text import table_text
from controller.report.words import LANGUAGES, Words
from controller.settings.faults import Fault, SettingsError
from controller.store.errors import StoreError
from controller.store.ledger import Ledger

MOST_NODES = 200
"""State directories of one report; a path of 2000 lamps has fewer nodes."""


def run(
    args: argparse.Namespace, console: Console | None = None, now: datetime | None = None
) -> int:
    """Run the command. Raises SettingsError for what it was given."""
    console, words = console or process_console(), LANGUAGES[args.lang]
    _check(args)
    try:
        report = _report(args, now or datetime.now(UTC))
    except StoreError as error:
        raise SettingsError("--state", [_fault_of(error)]) from error
    try:
        # The file first: pictures that cannot be drawn must not cost the report.
        _write(args, _text(args, report, words, console), console)
        if args.pictures is not None:
            for told in _draw(args.pictures, report, words):
                console.complain(told)
    except OSError as error:
        why = error.strerror or type(error).__name__
        place = str(error.filename or args.out or args.pictures)
        fault = Fault(place, f"cannot be written: {why}", "choose another place")
        raise SettingsError("arguments", [fault]) from error
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.quarters and args.format != "csv":
        fault = Fault("--quarters", f"says nothing of --format {args.format}", "add --format csv")
        raise SettingsError("arguments", [fault])
    if len(args.state) > MOST_NODES:
        problem = f"names {len(args.state)} directories, more than {MOST_NODES}"
        raise SettingsError("arguments", [Fault("--state", problem, "name nodes of one path")])
    if args.format == "html":
        pictures.check_matplotlib("--format html")
    if args.pictures is not None:
        pictures.check_matplotlib("--pictures")


def _fault_of(error: StoreError) -> Fault:
    """Divide what the store says into place, problem and remedy."""
    place, _, rest = str(error).partition(": ")
    problem, _, hint = rest.partition(". ")
    return Fault(place, problem, hint)


def _report(args: argparse.Namespace, now: datetime) -> Report:
    with ExitStack() as stack:
        ledgers = [
            (place, stack.enter_context(closing(Ledger.read_only(place)))) for place in args.state
        ]
        opened = with_sheets(ledgers)
        nights = [x for one in opened for x in one.ledger.nights()]
        zone = ZoneInfo(opened[0].sheet.timezone)
        asked = Asked(args.night, args.month, args.year)
        period = chosen(asked, nights, now, zone)
        # Only a picture of levels and rows of quarter hours need every record.
        by_record = args.quarters or period.kind == "night"
        ordered = sorted(opened, key=lambda x: x.sheet.node)
        return report_of([x.source(period, by_record=by_record) for x in ordered], period)


def _text(args: argparse.Namespace, report: Report, words: Words, console: Console) -> str:
    match args.format:
        case "csv":
            return csv_text(report, by_record=args.quarters)
        case "json":
            return json_text(report) + "\n"
        case "html":
            return page(report, words)
        case _:
            plain = Console(console.out, console.err, WIDTH)
            return table_text(report, words, plain if args.out is not None else console)


def _write(args: argparse.Namespace, text: str, console: Console) -> None:
    if args.out is None:
        console.write(text)
    else:
        args.out.write_text(text, encoding="utf-8")


def _draw(folder: Path, report: Report, words: Words) -> Iterator[str]:
    """Draw what the period gives rise to, and say so. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    label = report.whole.period.label
    pictures.save(pictures.energy(report, words), folder / f"energy-{label}.png")
    yield f"drawn: {folder / f'energy-{label}.png'}"
    if report.whole.period.kind != "night":
        pictures.save(pictures.savings(report, words), folder / f"savings-{label}.png")
        yield f"drawn: {folder / f'savings-{label}.png'}"
    elif (levels := levels_of(report)) is None:
        yield f"not drawn: levels-{label}.png, no quarter of an hour with light is kept of it"
    else:
        pictures.save(pictures.heat_map(report, levels, words), folder / f"levels-{label}.png")
        yield f"drawn: {folder / f'levels-{label}.png'}"
