"""`cyclelight-sim compare`: run the benchmark, or go on with it, and write what came out."""

import argparse
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path as FilePath

from controller.settings.faults import Fault, SettingsError, nearest
from firmware_sim.cases import CASES
from firmware_sim.compare.contest import Record
from firmware_sim.compare.document import benchmark_document, in_short, results_document
from firmware_sim.compare.finished import Finished, code_version
from firmware_sim.compare.plan import QUICK_SEEDS, SEEDS, Job, jobs, settings
from firmware_sim.compare.pool import run_all
from firmware_sim.compare.results import Results, as_document, gather
from firmware_sim.outputs import write_json

OUR_FAULT = 1
TABLES = "results.md"
GREATEST_SEEDS = 1000
GREATEST_JOBS = 256
NEEDED = ("matplotlib", "rich")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--out",
        type=FilePath,
        required=True,
        metavar="DIR",
        help="where results go; finished nights found there are not run again",
    )
    parser.add_argument(
        "--seeds",
        type=_number(GREATEST_SEEDS),
        metavar="N",
        help=f"nights of every setting (default: {SEEDS}, with --quick {QUICK_SEEDS})",
    )
    parser.add_argument(
        "--cases", nargs="+", default=list(CASES), metavar="CASE", help=f"of {', '.join(CASES)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="traffic cases with nominal sensors only"
    )
    parser.add_argument(
        "--jobs",
        type=_number(GREATEST_JOBS),
        default=os.cpu_count() or 1,
        metavar="N",
        help="nights at a time (default: one a processor, here %(default)s)",
    )
    parser.add_argument(
        "--docs",
        type=FilePath,
        metavar="DIR",
        help="write DIR/benchmark.md and DIR/pictures/benchmark-*.png too",
    )


def main(args: argparse.Namespace) -> int:
    """Run the command. Raises SettingsError for what it was given."""
    _check(args)
    seeds = args.seeds or (QUICK_SEEDS if args.quick else SEEDS)
    where = settings(args.cases, quick=args.quick)
    if not where:
        hint = "leave --quick out, or name a traffic case"
        fault = Fault("--cases", "leaves nothing to run with --quick", hint)
        raise SettingsError("arguments", [fault])
    wanted = jobs(where, seeds)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        finished = Finished(args.out, code_version())
        _run(wanted, finished, args.jobs)
        results = gather(where, seeds, finished.records)
        _write(results, args.out, args.docs)
    except BrokenProcessPool:
        print(
            "cyclelight-sim: a worker process ended, perhaps for lack of memory. Finished nights"
            f" are kept in {args.out}: the same command goes on, --jobs 1 needs least memory",
            file=sys.stderr,
        )
        return OUR_FAULT
    except OSError as error:
        why = error.strerror or type(error).__name__
        place = str(error.filename or args.out)
        fault = Fault(place, f"cannot be used: {why}", "choose another directory")
        raise SettingsError("--out", [fault]) from error
    print(f"{in_short(results)}All tables: {args.out / TABLES}")
    return 0


def _check(args: argparse.Namespace) -> None:
    faults = [
        Fault(f"--cases {case}", "is not a case", nearest(case, CASES))
        for case in args.cases
        if case not in CASES
    ]
    faults += [
        Fault("compare", f"needs {name}, which is not installed", "install cyclelight[sim]")
        for name in NEEDED
        if importlib.util.find_spec(name) is None
    ]
    faults += [
        Fault(option, f"{folder} is not a directory", "choose another name")
        for option, folder in (("--out", args.out), ("--docs", args.docs))
        if folder is not None and folder.exists() and not folder.is_dir()
    ]
    if faults:
        raise SettingsError("arguments", faults)


def _run(wanted: Sequence[Job], finished: Finished, workers: int) -> None:
    """Run what is not finished yet."""
    open_jobs = [job for job in wanted if job.key not in finished.records]
    if not open_jobs:
        return
    for record in _with_bar(run_all(open_jobs, min(workers, len(open_jobs))), len(open_jobs)):
        finished.add(record)


def _with_bar(records: Iterable[Record], number: int) -> Iterable[Record]:
    """Show a progress bar on a terminal."""
    from rich.console import Console  # noqa: PLC0415 - loads slowly; checked for first
    from rich.progress import (  # noqa: PLC0415 - the same
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("nights"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty()) as progress:
        yield from progress.track(records, total=number)


def _write(results: Results, out: FilePath, docs: FilePath | None) -> None:
    from firmware_sim.compare.pictures import draw  # noqa: PLC0415 - matplotlib loads slowly

    write_json(as_document(results), out / "results.json")
    (out / TABLES).write_text(results_document(results), encoding="utf-8")
    drawn = draw(results, out)
    if docs is not None:
        pictures = docs / "pictures"
        pictures.mkdir(parents=True, exist_ok=True)
        for file in drawn:
            (pictures / file.name).write_bytes(file.read_bytes())
        page = benchmark_document(results, pictures.name)
        (docs / "benchmark.md").write_text(page, encoding="utf-8")


def _number(greatest: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from 1 to `greatest`."""

    def read(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= greatest:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {greatest}")
        return int(text)

    return read
